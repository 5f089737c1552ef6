/**
 * What is taken out of a generated answer before it is compared.
 *
 * Source: the filters `regex`, `remove_whitespace`, `lowercase` and `uppercase` of lm-evaluation-harness 0.4.13; Python's `re.findall`.
 */
import { inputError } from '../input-error.ts';
import { pythonStrip } from '../python-text.ts';

/** One step of taking an answer out of generated text, by lm-evaluation-harness's names. */
export type AnswerFilter =
  | {
      readonly function: 'regex';
      /** in the syntax that Python and JavaScript share */
      readonly pattern: string;
      /** which match, from the end where negative; default 0 */
      readonly groupSelect?: number | undefined;
      /** where nothing matches; default '[invalid]' */
      readonly fallback?: string | undefined;
    }
  | { readonly function: 'remove_whitespace' }
  | { readonly function: 'lowercase' }
  | { readonly function: 'uppercase' };

/** Applies filters one after the other. @throws Error when a pattern cannot be read */
export function answerFilter(filters: readonly AnswerFilter[]): (answer: string) => string {
  const steps = filters.map(filterStep);
  return (answer) => steps.reduce((text, step) => step(text), answer);
}

function filterStep(filter: AnswerFilter): (text: string) => string {
  if (filter.function === 'remove_whitespace') return pythonStrip;
  if (filter.function === 'lowercase') return (text) => text.toLowerCase();
  if (filter.function === 'uppercase') return (text) => text.toUpperCase();
  const { pattern, groupSelect = 0, fallback = '[invalid]' } = filter;
  const expression = compile(pattern);
  return (text) => {
    const matches = [...text.matchAll(expression)];
    const match = matches.at(groupSelect);
    if (groupSelect >= matches.length || match === undefined) return fallback;
    const groups = match.slice(1);
    // As findall has it: the whole match, the only group, or of several the first that is not empty.
    if (groups.length === 0) return pythonStrip(match[0]);
    if (groups.length === 1) return pythonStrip(groups[0] ?? '');
    return pythonStrip(groups.find((group) => group) ?? fallback);
  };
}

function compile(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = pattern
    .slice(flags?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\Z', '$');
  try {
    return new RegExp(source, `g${flags?.[1] ?? ''}`);
  } catch (error) {
    throw inputError(
      'answerFilter',
      `a pattern must be a regular expression, got '${pattern}': ${(error as Error).message}.`,
    );
  }
}
