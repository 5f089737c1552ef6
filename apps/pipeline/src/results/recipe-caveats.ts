/**
 * What a reader of the numbers must know: where the run is a toy, and where the paper is silent and something else stands in.
 */
import type { Recipe } from '../config/recipe-schema.ts';
import { formatDecimal } from '../format/format-quantity.ts';
import type { MixtureResult } from '../report/run-results.ts';

/** @param mixture what was planned; empty before that */
export function caveatsOf(recipe: Recipe, mixture: readonly Pick<MixtureResult, 'epochs'>[]): string[] {
  const { model, data, sft, preference } = recipe;
  const maxEpochs = Math.max(0, ...mixture.map(({ epochs }) => epochs));
  return [
    ...(model.kind === 'random'
      ? [
          `The model starts from random weights and is a toy of ${model.numHiddenLayers} layers: the paper adapts a trained Qwen2. Its scores show that the pipeline learns, not what a language model can do.`,
        ]
      : []),
    ...(maxEpochs > 1
      ? [
          `The text is repeated up to ${formatDecimal(maxEpochs, 1)} times within a stage, because there is so little of it; the paper repeats nothing.`,
        ]
      : []),
    'Numeric thresholds of the paper’s filters are not public: those of FineWeb2 and SailCraft stand in.',
    ...(data.source.kind === 'udhr'
      ? [
          'Knowledge and synthetic text are made without a language model from the same declaration, facts about languages and arithmetic; the paper’s sets are not public.',
        ]
      : []),
    ...(sft === undefined
      ? []
      : ['The paper’s instruction data and settings are not public: three tasks made from aligned text stand in.']),
    ...(preference === undefined
      ? []
      : [
          'The paper’s preference data and settings are not public: DPO on judge-free pairs stands in. Accuracy is measured in two ways: by log-probability per token, and by the implicit reward against the model before alignment, which is chance for that model by definition.',
        ]),
    'Models before instruction tuning translate in the paper’s template B, tuned ones in the chat format.',
  ];
}
