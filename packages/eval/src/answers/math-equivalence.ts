/**
 * Whether two answers of competition mathematics are the same after the usual clean-up of their LaTeX.
 *
 * Source: the rules of the MATH benchmark (Hendrycks et al. 2021, arXiv:2103.03874) and of AGIEval's answer parsing, as
 * lm-evaluation-harness 0.4.13 applies them to both texts.
 */

/** Takes the final answer out of both texts and compares them. */
export function isEquivalentMath(given: string, expected: string): boolean {
  const [first, second] = [finalAnswer(given), finalAnswer(expected)];
  // The reference cannot clean up a missing answer, and compares what it has.
  if (first === null || second === null) return first === second;
  return normalizeMath(first) === normalizeMath(second);
}

/** The boxed answer, else the last in dollar signs, else what follows the last equals sign, else the last number. */
export function finalAnswer(text: string): string | null {
  if (text.includes('\\boxed')) return boxedAnswer(text);
  const lastDollar = [...text.matchAll(/\$(.*)\$/g)].at(-1)?.[1];
  if (lastDollar !== undefined) {
    const answer = lastDollar.includes('=') ? afterLastEquals(lastDollar) : lastDollar;
    if (answer !== '') return answer;
  }
  if (text.includes('=')) {
    return afterLastEquals(text).replace(/\.+$/, '').split('\\n')[0]!;
  }
  return [...text.matchAll(/(?:\$)?\p{Nd}+(?:\.\p{Nd}+)?(?![\p{L}\p{N}_])/gu)].at(-1)?.[0] ?? null;
}

/** One spelling for fractions, roots, units, percent signs and spaces. */
export function normalizeMath(text: string): string {
  let answer = text
    .replaceAll('\n', '')
    .replaceAll('\\!', '')
    .replaceAll('\\\\', '\\')
    .replaceAll(/[td]frac/g, 'frac')
    .replaceAll(/\\left|\\right/g, '')
    .replaceAll('^{\\circ}', '')
    .replaceAll('^\\circ', '')
    .replaceAll('\\$', '');
  answer = withoutUnits(answer).replaceAll('\\%', '').replaceAll(' .', ' 0.').replaceAll('{.', '{0.');
  if (answer === '') return answer;
  if (answer.startsWith('.')) answer = `0${answer}`;
  const sides = answer.split('=');
  if (sides.length === 2 && [...sides[0]!].length <= 2) answer = sides[1]!;
  answer = bracedFractions(bracedRoots(answer).replaceAll(' ', ''));
  return slashFraction(answer === '0.5' ? '\\frac{1}{2}' : answer);
}

function boxedAnswer(text: string): string | null {
  const start = text.lastIndexOf('\\boxed');
  const end = closingBrace(text, start);
  const boxed = end < 0 ? '' : text.slice(start, end + 1);
  if (!boxed.startsWith('\\boxed{')) return null;
  const inner = boxed.slice('\\boxed{'.length, -1);
  return inner.includes('=') ? afterLastEquals(inner) : inner;
}

function closingBrace(text: string, from: number): number {
  let open = 0;
  for (let index = from; index < text.length; index++) {
    if (text[index] === '{') open++;
    else if (text[index] === '}' && --open === 0) return index;
  }
  return -1;
}

function afterLastEquals(text: string): string {
  return text.slice(text.lastIndexOf('=') + 1).replace(/^ +/, '');
}

function withoutUnits(text: string): string {
  const parts = text.split('\\text{ ');
  return parts.length === 2 ? parts[0]! : text;
}

function bracedRoots(text: string): string {
  return text.replaceAll(/\\sqrt([^{])/gu, '\\sqrt{$1}');
}

/** \frac12 and \frac1b to \frac{1}{2} and \frac{1}{b}; a fraction cut off leaves the text as it is. */
function bracedFractions(text: string): string {
  const [head, ...rest] = text.split('\\frac');
  let result = head!;
  for (const part of rest) {
    result += '\\frac';
    if (part.startsWith('{')) {
      result += part;
      continue;
    }
    const [top, bottom, ...tail] = part;
    if (top === undefined || bottom === undefined) return text;
    result += `{${top}}${bottom === '{' ? bottom : `{${bottom}}`}${tail.join('')}`;
  }
  return result;
}

function slashFraction(text: string): string {
  const match = /^(0|-?[1-9]\d*)\/(0|-?[1-9]\d*)$/.exec(text);
  return match ? `\\frac{${match[1]}}{${match[2]}}` : text;
}
