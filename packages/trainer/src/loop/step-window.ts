/**
 * Sums over the steps since the last log line, divided once when the line is written.
 */
import { tf } from '@marco-ts/core';
import type { OptimizerMetrics } from '../optimizers/optimizer.ts';
import type { AccumulatedGradients } from './accumulate-gradients.ts';
import type { GroupSums } from './batch-facts.ts';
import type { GroupLoss, MemoryUse, StepCompleted } from './train-event.ts';

export interface StepWindow {
  readonly isEmpty: boolean;
  add(step: Omit<AccumulatedGradients, 'grads'>, optimizerMetrics: OptimizerMetrics, durationMs: number): void;
  /** @returns the event for the steps added since the last flush */
  flush(at: { step: number; numSteps: number; totalTokens: number }): StepCompleted;
}

/** What turns tokens per second into use of the machine. */
export interface SpeedFacts {
  /** Of forward and backward together. */
  readonly flopsPerToken: number;
  /** Such as `measurePeakFlops` tells. */
  readonly peakFlopsPerSecond?: number;
}

/** @param groupNames names of the source ids, in order */
export function createStepWindow(groupNames: readonly string[], speed?: SpeedFacts): StepWindow {
  let numSteps = 0;
  let durationMs = 0;
  let loss = 0;
  let numTargets = 0;
  let numTokens = 0;
  let metrics: Record<string, number> = {};
  let metricWeights: Record<string, number> = {};
  let groups: GroupSums = new Map();
  let optimizerMetrics: OptimizerMetrics = {};

  return {
    get isEmpty() {
      return numSteps === 0;
    },
    add(step, latestMetrics, stepMs) {
      numSteps++;
      durationMs += stepMs;
      loss += step.loss;
      numTargets += step.weight;
      numTokens += step.numTokens;
      optimizerMetrics = latestMetrics;
      for (const [name, value] of Object.entries(step.metrics)) {
        metrics[name] = (metrics[name] ?? 0) + value;
        metricWeights[name] = (metricWeights[name] ?? 0) + step.metricWeights[name]!;
      }
      for (const [source, sums] of step.groups) {
        const before = groups.get(source) ?? { nll: 0, numTargets: 0 };
        groups.set(source, { nll: before.nll + sums.nll, numTargets: before.numTargets + sums.numTargets });
      }
    },
    flush(at) {
      const { learningRate = Number.NaN, gradNorm = Number.NaN, ...otherMetrics } = optimizerMetrics;
      const perItem = Object.entries(metrics).map(([name, value]) => [name, value / metricWeights[name]!]);
      const event: StepCompleted = {
        type: 'step-completed',
        step: at.step,
        numSteps: at.numSteps,
        loss: loss / numTargets,
        learningRate,
        gradNorm,
        numTokens,
        numTargets,
        totalTokens: at.totalTokens,
        tokensPerSecond: numTokens / (durationMs / 1000),
        ...(speed === undefined ? {} : machineUse(speed, numTokens / (durationMs / 1000))),
        durationMs: durationMs / numSteps,
        memory: memoryUse(),
        metrics: { ...otherMetrics, ...Object.fromEntries(perItem) },
        ...(groups.size > 0 ? { groups: groupLosses(groups, groupNames) } : {}),
      };
      numSteps = durationMs = loss = numTargets = numTokens = 0;
      metrics = {};
      metricWeights = {};
      groups = new Map();
      return event;
    },
  };
}

function machineUse({ flopsPerToken, peakFlopsPerSecond }: SpeedFacts, tokensPerSecond: number) {
  const flopsPerSecond = flopsPerToken * tokensPerSecond;
  return {
    flopsPerSecond,
    ...(peakFlopsPerSecond === undefined ? {} : { peakShare: flopsPerSecond / peakFlopsPerSecond }),
  };
}

function groupLosses(groups: GroupSums, groupNames: readonly string[]): Record<string, GroupLoss> {
  const bySource = [...groups].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    bySource.map(([source, { nll, numTargets }]) => [
      groupNames[source] ?? `source ${source}`,
      { loss: nll / numTargets, numTargets },
    ]),
  );
}

function memoryUse(): MemoryUse {
  const { numTensors, numBytes } = tf.memory();
  const residentBytes = globalThis.process?.memoryUsage?.().rss;
  return { numTensors, tensorBytes: numBytes, ...(residentBytes === undefined ? {} : { residentBytes }) };
}
