/**
 * Which of several texts goes on from a context: accuracy of the more likely one, as it is and normalized by length.
 *
 * Source: `multiple_choice` tasks of lm-evaluation-harness 0.4 (acc, acc_norm by characters, acc_bytes).
 * Units: share of items; chance is 1 / number of choices, 0.5 for two, with its binomial standard error in the result.
 */
import { choiceAccuracy } from '../answers/choice-accuracy.ts';
import { inputError } from '../input-error.ts';
import type { LoglikelihoodResponse } from '../model/language-model.ts';
import type { EvalTask } from './eval-task.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { checkItems, countItems, languageGroups, type Tiers } from './select-items.ts';
import { taskOfDocuments } from './task-document.ts';

/** A context and the texts that may go on from it. */
export interface ClozeItem {
  readonly id: string;
  readonly language: string;
  readonly context: string;
  readonly choices: readonly string[];
  /** index of the true choice */
  readonly gold: number;
}

/** The items, and how a choice is set after its context. */
export interface ClozeOptions {
  readonly items: readonly ClozeItem[];
  /** between context and choice, scored with the choice but not counted in its length; default '\n' */
  readonly delimiter?: string | undefined;
  readonly tiers?: Tiers | undefined;
  /** default 'cloze' */
  readonly name?: string | undefined;
}

/** @throws Error on no items, a doubled id, a missing language or tier, a blank choice, or items with different numbers of choices */
export function clozeTask(options: ClozeOptions): EvalTask {
  const { items, delimiter = '\n', tiers, name = 'cloze' } = options;
  checkItems(name, items, tiers);
  const numChoices = items[0]!.choices.length;
  for (const { id, choices, gold } of items) {
    if (choices.length < 2 || choices.length !== numChoices) {
      throw inputError(
        name,
        `every item needs the same number of choices, two or more, got ${choices.length} at '${id}' and ${numChoices} before.`,
      );
    }
    if (choices.some((choice) => choice.trim() === ''))
      throw inputError(name, `a choice must not be blank, got one at item '${id}'.`);
    if (new Set(choices).size !== choices.length)
      throw inputError(name, `choices must differ, got the same text twice at item '${id}'.`);
    if (!Number.isInteger(gold) || gold < 0 || gold >= choices.length) {
      throw inputError(name, `gold must be the index of a choice, got ${gold} of ${choices.length} at item '${id}'.`);
    }
  }
  const accuracy: MetricDefinition = {
    kind: { type: 'ratio', scale: 1 },
    higherIsBetter: true,
    chance: 1 / numChoices,
    unit: 'share',
  };
  return taskOfDocuments({
    name,
    version: 1,
    numItems: countItems(items, ({ language }) => language),
    outputType: 'multiple_choice',
    macroBy: 'language',
    config: { delimiter, numChoices, macroBy: 'language' },
    metrics: { acc: accuracy, acc_norm: accuracy, acc_bytes: accuracy },
    documents: items.map(({ id, language, context, choices, gold }) => ({
      id,
      groups: languageGroups(language, tiers),
      requests: choices.map((choice) => ({ type: 'loglikelihood', context, continuation: delimiter + choice })),
      row: { id, language, context, choices: [...choices], gold },
      target: gold,
      score: (responses) => {
        const own = responses as readonly LoglikelihoodResponse[];
        const refused = own.findIndex(({ logProb }) => Number.isNaN(logProb));
        if (refused >= 0) {
          return {
            skipped: `choice ${refused} of ${own[refused]!.numTokens} tokens is longer than the model's window`,
          };
        }
        const logProbs = own.map(({ logProb }) => logProb);
        const { acc, accNorm, accBytes, predictionNorm } = choiceAccuracy(choices, logProbs, gold);
        return {
          statistics: { acc: [acc, 1], acc_norm: [accNorm, 1], acc_bytes: [accBytes, 1] },
          record: { context, choices: [...choices], gold, logProbs, predictionNorm },
        };
      },
    })),
  });
}
