/**
 * Validation while training: bits per byte and nats per token by language, tier and source, and what was gained and forgotten since the
 * base model.
 *
 * Units: `bits_per_byte/<group>`, `nats_per_token/<group>`; `forgetting/english` and `forgetting/chinese` are bits per byte lost against the
 * base model (positive is worse), `gain/<group>` bits per byte won (positive is better). A tier is the mean over its languages.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile, writeFileAtomic } from '@marco-ts/checkpoint';
import type { ParamMap } from '@marco-ts/core';
import type { Document } from '@marco-ts/data';
import { bitsPerByteTask, evaluate, qwen2LanguageModel } from '@marco-ts/eval';
import type { Qwen2Config } from '@marco-ts/model';
import type { Tokenizer } from '@marco-ts/tokenizer';
import type { EvaluateOptions } from '@marco-ts/trainer';

/** Metrics of the base model, handed from stage to stage. */
const BASE_VALIDATION_FILE = 'validation-base.json';

type Metrics = Readonly<Record<string, number>>;

/** Tiers whose loss is told as forgetting: what the base model knew before. */
const REMEMBERED = ['english', 'chinese'];

export interface LanguageValidation {
  readonly documents: readonly Document[];
  /** of each language, a source that is no language by its own name */
  readonly tiers: Readonly<Record<string, string>>;
  readonly tokenizer: Tokenizer;
  readonly config: Qwen2Config;
  /** steps between two validations */
  readonly every: number;
  /** documents per language */
  readonly limit: number;
  readonly batchTokens: number;
  /** of the stage; keeps the base model's metrics */
  readonly directory: string;
  /** of the stage whose model is trained on */
  readonly previousDirectory: string;
  readonly signal: AbortSignal;
}

export async function validateLanguages(options: LanguageValidation): Promise<EvaluateOptions> {
  const { documents, tiers, tokenizer, config, every, limit, batchTokens, directory, previousDirectory, signal } =
    options;
  const task = bitsPerByteTask({ documents, tiers });
  const own = join(directory, BASE_VALIDATION_FILE);
  const earlier = join(previousDirectory, BASE_VALIDATION_FILE);
  if (!existsSync(own) && existsSync(earlier))
    await writeFileAtomic(own, JSON.stringify(await readJsonFile(earlier), null, 2));

  const measure = async (params: ParamMap): Promise<Metrics> => {
    const languageModel = qwen2LanguageModel({ params, config, tokenizer, batchTokens });
    const { tasks } = await evaluate(languageModel, [task], { limit, signal });
    const result = tasks[task.name]!;
    const metrics: Record<string, number> = {};
    for (const name of ['bits_per_byte', 'nats_per_token'] as const) {
      const groups = { ...result.groups.language, ...result.groups.tier };
      for (const [group, { metrics: mean, macro }] of Object.entries(groups))
        metrics[`${name}/${group}`] = (macro?.[name] ?? mean[name]!).value;
      const tiers = Object.keys(result.groups.tier ?? {});
      metrics[`${name}/all`] = tiers.reduce((sum, tier) => sum + metrics[`${name}/${tier}`]!, 0) / tiers.length;
    }
    return metrics;
  };
  return {
    every,
    atStart: true,
    async run(params, step, average) {
      const metrics = await measure(average ?? params);
      if (step === 0 && !existsSync(own)) await writeFileAtomic(own, JSON.stringify(metrics, null, 2));
      const base = existsSync(own) ? ((await readJsonFile(own)) as Metrics) : undefined;
      return base === undefined ? metrics : { ...metrics, ...changes(base, metrics) };
    },
  };
}

/** Gain of every group, forgetting of those that the base model knew. */
function changes(base: Metrics, now: Metrics): Metrics {
  const entries = Object.entries(now).flatMap(([name, value]): [string, number][] => {
    const group = name.startsWith('bits_per_byte/') ? name.slice('bits_per_byte/'.length) : undefined;
    const before = base[name];
    if (group === undefined || before === undefined) return [];
    return REMEMBERED.includes(group) ? [[`forgetting/${group}`, value - before]] : [[`gain/${group}`, before - value]];
  });
  return Object.fromEntries(entries);
}
