/**
 * Validation of a training stage on what its run holds out: documents of every language, and translations as the parallel source writes them.
 */
import { type Document, type ParallelPair, renderParallel } from '@marco-ts/data';
import type { Qwen2Config } from '@marco-ts/model';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { EvaluateOptions } from '@marco-ts/trainer';
import { languageName, languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import type { TrainingOptions } from '../config/schema/training-options.ts';
import type { StageContext } from '../runner/stage.ts';
import { readDocuments, readParagraphs } from '../stage-files/data-files.ts';
import { validateLanguages } from '../training/validate-languages.ts';
import type { Measure } from './measure-held-out.ts';

/**
 * @param settings of the stage
 * @param previous name of the stage whose model is trained on
 * @param examples measures held-out examples of what the stage itself trains on
 * @returns undefined when the settings ask for no validation
 */
export async function validateStage(
  { inputs, recipe, signal, directory }: StageContext<Recipe>,
  { evaluateEverySteps }: Pick<TrainingOptions, 'evaluateEverySteps'>,
  config: Qwen2Config,
  previous: string,
  examples?: () => Promise<Measure | undefined>,
): Promise<EvaluateOptions | undefined> {
  if (evaluateEverySteps === undefined) return undefined;
  const documents = await readDocuments(inputs.data!, 'validation');
  const languages = await validateLanguages({
    documents: [...documents, ...(await parallelDocuments(recipe, inputs.data!))],
    tiers: { ...Object.fromEntries(languageTiers(recipe)), parallel: 'parallel' },
    tokenizer: await loadTokenizer(inputs.tokenizer!),
    config,
    every: evaluateEverySteps,
    limit: recipe.pretrain.numValidationDocuments,
    batchTokens: recipe.eval.batchTokens,
    directory,
    previousDirectory: inputs[previous]!,
    signal,
  });
  const measure = await examples?.();
  if (measure === undefined) return languages;
  return {
    ...languages,
    run: async (params, step, average) => ({
      ...(await languages.run(params, step, average)),
      ...(await measure(average ?? params)),
    }),
  };
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
