/**
 * spBLEU beside the other scores of a translation task: BLEU over the pieces of a SentencePiece model.
 *
 * Source: Goyal et al. 2022, arXiv:2106.03193; NLLB Team 2022, arXiv:2207.04672; sacrebleu's tokenizer `flores200`.
 */
import { inputError } from '../../input-error.ts';
import type { BleuTokenizer, ModelTokenizerName } from '../../metrics/bleu-tokenizers.ts';
import { translationScoring } from '../definition/generation-scoring.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';

/**
 * @param tokenizer of the model, from `spmTokenizer`
 * @param name as it stands in the signature; default 'flores200'
 * @throws Error when the task translates nothing
 */
export function withSpBleu(
  definition: TaskDefinition,
  tokenizer: BleuTokenizer,
  name: ModelTokenizerName = 'flores200',
): TaskDefinition {
  const { prompt } = definition;
  if (prompt.type !== 'generate_until' || !('bleu' in prompt.scoring.metrics)) {
    throw inputError('withSpBleu', `a task must be one of translation, got '${definition.name}'.`);
  }
  const { scoring, target } = prompt;
  const own = translationScoring({ reference: target, metrics: ['spbleu'], spbleu: { tokenize: name, tokenizer } });
  return {
    ...definition,
    prompt: {
      ...prompt,
      scoring: {
        ...scoring,
        // The model is not part of a result; its name is.
        metrics: {
          ...scoring.metrics,
          spbleu: { ...own.metrics.spbleu!, kind: { type: 'bleu', options: { tokenize: name } } },
        },
        statistics: (answer, row) => ({ ...scoring.statistics(answer, row), ...own.statistics(answer, row) }),
        signatures: { ...scoring.signatures, ...own.signatures },
      },
    },
  };
}
