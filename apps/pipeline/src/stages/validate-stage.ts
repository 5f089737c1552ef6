/**
 * Validation of a training stage on what its run holds out: documents of every language, and translations as the parallel source writes them.
 */
import { type Document, type ParallelPair, renderParallel } from '@marco-ts/data';
import type { Qwen2Config } from '@marco-ts/model';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { EvaluateOptions } from '@marco-ts/trainer';
import { languageName, languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import type { TrainingOptions } from '../config/training-options.ts';
import type { StageContext } from '../runner/stage.ts';
import { readDocuments, readParagraphs } from '../stage-files/data-files.ts';
import { validateLanguages } from '../training/validate-languages.ts';

/**
 * @param settings of the stage
 * @param previous name of the stage whose model is trained on
 * @returns undefined when the settings ask for no validation
 */
export async function validateStage(
  { inputs, recipe, signal, directory }: StageContext<Recipe>,
  { evaluateEverySteps }: Pick<TrainingOptions, 'evaluateEverySteps'>,
  config: Qwen2Config,
  previous: string,
): Promise<EvaluateOptions | undefined> {
  if (evaluateEverySteps === undefined) return undefined;
  const documents = await readDocuments(inputs.data!, 'validation');
  return validateLanguages({
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
