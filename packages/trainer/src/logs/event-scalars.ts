/**
 * The numbers of an event under the names that curves have in trackers: `train/loss`, `loss/<source>`, `eval/<metric>`.
 *
 * Source: tags of Hugging Face `Trainer` (`train/loss`, `train/learning_rate`, `train/grad_norm`, `eval/...`).
 */
import type { TrainEvent } from '../loop/train-event.ts';

/** @returns name and value of each number; empty for events that have none. Numbers that are not finite are among them. */
export function eventScalars(event: TrainEvent): readonly (readonly [name: string, value: number])[] {
  if (event.type === 'step-completed') {
    const { memory, flopsPerSecond, peakShare, groups = {}, metrics } = event;
    return [
      ['train/loss', event.loss],
      ['train/learning_rate', event.learningRate],
      ['train/grad_norm', event.gradNorm],
      ['train/num_tokens', event.totalTokens],
      ['train/tokens_per_second', event.tokensPerSecond],
      ['train/step_ms', event.durationMs],
      ...optional('train/flops_per_second', flopsPerSecond),
      ...optional('train/peak_share', peakShare),
      ['memory/tensor_bytes', memory.tensorBytes],
      ...optional('memory/resident_bytes', memory.residentBytes),
      ...Object.entries(groups).map(([name, { loss }]) => [`loss/${name}`, loss] as const),
      ...Object.entries(metrics).map(([name, value]) => [`train/${name}`, value] as const),
    ];
  }
  if (event.type === 'evaluation-completed') return named('eval', event.metrics);
  if (event.type === 'round-completed') return named('round', event.metrics);
  if (event.type === 'checkpoint-saved')
    return [
      ['checkpoint/save_ms', event.durationMs],
      ['checkpoint/stall_ms', event.stallMs],
    ];
  return [];
}

function optional(name: string, value: number | undefined): [string, number][] {
  return value === undefined ? [] : [[name, value]];
}

function named(prefix: string, metrics: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(metrics).map(([name, value]) => [`${prefix}/${name}`, value]);
}
