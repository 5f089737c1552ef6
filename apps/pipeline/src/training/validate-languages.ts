/**
 * Validation while pretraining: bits per byte and nats per token by language, tier and source, and what was gained and forgotten since the
 * base model.
 *
 * Units: `bits_per_byte/<group>`, `nats_per_token/<group>`; `forgetting/english` and `forgetting/chinese` are bits per byte lost against the
 * base model (positive is worse), `gain/<group>` bits per byte won (positive is better). A tier is the mean over its languages.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile, writeFileAtomic } from '@marco-ts/checkpoint';
import type { ParamMap } from '@marco-ts/core';
import { type Document, type ParallelPair, renderParallel } from '@marco-ts/data';
import { bitsPerByteTask, evaluate, qwen2LanguageModel } from '@marco-ts/eval';
import type { Qwen2Config } from '@marco-ts/model';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { EvaluateOptions } from '@marco-ts/trainer';
import { languageName, languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import type { StageContext } from '../runner/stage.ts';
import { readDocuments, readParagraphs } from '../stage-files/data-files.ts';

/** Metrics of the base model, handed from stage to stage. */
export const BASE_VALIDATION_FILE = 'validation-base.json';

type Metrics = Readonly<Record<string, number>>;

/** Tiers whose loss is told as forgetting: what the base model knew before. */
const REMEMBERED = ['english', 'chinese'];

/**
 * @param previousDirectory of the stage whose model is trained on
 * @returns undefined when the recipe asks for no validation
 */
export async function validateLanguages(
  { inputs, recipe, signal, directory }: StageContext<Recipe>,
  config: Qwen2Config,
  previousDirectory: string,
): Promise<EvaluateOptions | undefined> {
  const { evaluateEverySteps, numValidationDocuments } = recipe.pretrain;
  if (evaluateEverySteps === undefined) return undefined;
  const tokenizer = await loadTokenizer(inputs.tokenizer!);
  const documents = await readDocuments(inputs.data!, 'validation');
  const parallel = await parallelDocuments(recipe, inputs.data!);
  const task = bitsPerByteTask({
    documents: [...documents, ...parallel],
    tiers: { ...Object.fromEntries(languageTiers(recipe)), parallel: 'parallel' },
  });
  const own = join(directory, BASE_VALIDATION_FILE);
  const earlier = join(previousDirectory, BASE_VALIDATION_FILE);
  if (!existsSync(own) && existsSync(earlier))
    await writeFileAtomic(own, JSON.stringify(await readJsonFile(earlier), null, 2));

  const measure = async (params: ParamMap): Promise<Metrics> => {
    const languageModel = qwen2LanguageModel({ params, config, tokenizer, batchTokens: recipe.eval.batchTokens });
    const { tasks } = await evaluate(languageModel, [task], { limit: numValidationDocuments, signal });
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
    every: evaluateEverySteps,
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

/** Held-out translations as the parallel source writes them, so that this source is validated too. */
async function parallelDocuments(recipe: Recipe, dataDirectory: string): Promise<Document[]> {
  const { pivotLanguage } = recipe.data.parallel;
  const paragraphs = await readParagraphs(dataDirectory, 'validation');
  const pivots = new Map(
    paragraphs.filter(({ language }) => language === pivotLanguage).map((one) => [one.paragraphId, one]),
  );
  const pairs = paragraphs.flatMap((target): ParallelPair[] => {
    const source = pivots.get(target.paragraphId);
    if (source === undefined || target.language === pivotLanguage) return [];
    return [
      {
        id: `${target.paragraphId}/${target.language}`,
        article: 0,
        paragraph: 0,
        sourceLanguage: pivotLanguage,
        targetLanguage: target.language,
        source: source.text,
        target: target.text,
      },
    ];
  });
  const documents = renderParallel(pairs, { seed: recipe.seed, nameOf: languageName, directions: 'forward' });
  return documents.map((document, index) => ({ ...document, id: `parallel/${index}`, language: 'parallel' }));
}
