/**
 * Which of several choices a model prefers, by log-likelihood as it is, per character and per byte.
 *
 * Source: `multiple_choice` in lm-evaluation-harness 0.4 (acc, acc_norm, acc_bytes); the first of equal choices wins, as with argmax.
 * Units: log-likelihoods in nats of the whole choice; characters are Unicode code points, bytes UTF-8.
 */
import { countBytes } from '../count-bytes.ts';
import { inputError } from '../input-error.ts';

/** Whether each of the three rules prefers the right choice, and which one it prefers. */
export interface ChoiceAccuracy {
  readonly acc: 0 | 1;
  readonly accNorm: 0 | 1;
  readonly accBytes: 0 | 1;
  /** index of the preferred choice, by each rule */
  readonly prediction: number;
  readonly predictionNorm: number;
  readonly predictionBytes: number;
}

/**
 * @param choices their texts without the delimiter before them
 * @param logProbs one for each choice
 * @param gold index of the right choice
 * @throws Error on mismatched counts, an empty choice, a log-likelihood that is not a number, or a gold index out of range
 */
export function choiceAccuracy(choices: readonly string[], logProbs: readonly number[], gold: number): ChoiceAccuracy {
  if (choices.length < 2 || choices.length !== logProbs.length) {
    throw inputError(
      'choiceAccuracy',
      `needs two or more choices and as many log-likelihoods, got ${choices.length} and ${logProbs.length}.`,
    );
  }
  if (!Number.isInteger(gold) || gold < 0 || gold >= choices.length) {
    throw inputError('choiceAccuracy', `gold must be the index of one of ${choices.length} choices, got ${gold}.`);
  }
  for (const [index, choice] of choices.entries()) {
    if (choice === '') throw inputError('choiceAccuracy', `a choice must not be empty, got '' at index ${index}.`);
    if (!Number.isNaN(logProbs[index]!)) continue;
    throw inputError(
      'choiceAccuracy',
      `every choice needs a log-likelihood, got NaN at index ${index}. The model refused this request: skip the item.`,
    );
  }
  const prediction = argMax(logProbs);
  const predictionNorm = argMax(logProbs.map((logProb, index) => logProb / [...choices[index]!].length));
  const predictionBytes = argMax(logProbs.map((logProb, index) => logProb / countBytes(choices[index]!)));
  return {
    acc: prediction === gold ? 1 : 0,
    accNorm: predictionNorm === gold ? 1 : 0,
    accBytes: predictionBytes === gold ? 1 : 0,
    prediction,
    predictionNorm,
    predictionBytes,
  };
}

function argMax(values: readonly number[]): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}
