/**
 * A task of lettered choices asked in words: the model writes its answer, and the letter is taken out of it.
 *
 * Source: the chat rows of Marco-LLM (arXiv:2412.04003, table 8) are such answers; the prompt is that of the task scored by log-likelihood.
 * Units: `acc` counts an answer without a letter as wrong, `answered` says how many have one, so that nothing is lost in silence.
 */
import { extractChoice } from '../../answers/extract-choice.ts';
import { inputError } from '../../input-error.ts';
import type { MetricDefinition } from '../metric-definition.ts';
import type { TaskDefinition } from './task-definition.ts';
import { UnusableRow } from './unusable-row.ts';

const SHARE: MetricDefinition = {
  kind: { type: 'ratio', scale: 1 },
  higherIsBetter: true,
  chance: null,
  unit: 'share',
};

/** @throws Error when the task's choices are not letters */
export function writtenChoice(definition: TaskDefinition, maxNewTokens = 256): TaskDefinition {
  const { prompt, name } = definition;
  if (prompt.type !== 'multiple_choice') throw inputError('writtenChoice', `a task must be of choices, got '${name}'.`);
  const { text, choices, gold } = prompt;
  return {
    ...definition,
    name: `${name}_written`,
    prompt: {
      type: 'generate_until',
      text,
      target: (row) => choices(row)[[gold(row)].flat()[0]!]!,
      until: ['\n\n'],
      maxNewTokens,
      scoring: {
        metrics: { acc: SHARE, answered: SHARE },
        statistics: (answer, row) => {
          const letters = choices(row);
          if (letters.some((letter, index) => letter !== 'ABCDEFGHIJ'[index])) {
            throw inputError(
              'writtenChoice',
              `choices must be the letters A, B, ..., got ${letters.join(', ')} in '${name}'.`,
            );
          }
          const right = [gold(row)].flat();
          if (right.some((index) => index < 0 || index >= letters.length))
            throw new UnusableRow('the right choice is none of the choices');
          const found = extractChoice(answer, letters.length);
          return { acc: [found !== null && right.includes(found) ? 1 : 0, 1], answered: [found === null ? 0 : 1, 1] };
        },
      },
    },
  };
}
