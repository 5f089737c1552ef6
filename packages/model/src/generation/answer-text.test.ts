import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerTextOptions, checkAnswerText, createAnswerText } from './answer-text.ts';

/** Tokens are indices into a list of pieces of text. */
function tell(pieces: readonly string[], options: Omit<AnswerTextOptions, 'createDecoder' | 'onText'>, end = '') {
  const told: string[] = [];
  const text = createAnswerText(
    {
      ...options,
      createDecoder: () => ({ push: (token) => pieces[token]!, end: () => end }),
      onText: (some, promptIndex) => told.push(`${promptIndex}:${some}`),
    },
    7,
  );
  const stoppedAt = pieces.findIndex((_, token) => text.push(token));
  if (stoppedAt < 0) text.end();
  expect(told.every((some) => some.startsWith('7:') && some.length > 2)).toBe(true);
  return { told: told.map((some) => some.slice(2)), stoppedAt };
}

test('text is told as it comes, but for what may become a stop string', () => {
  expect(tell(['Hel', 'lo', '\n', 'you', '\n\n', 'gone'], { stopStrings: ['\n\n'] })).toEqual({
    told: ['Hel', 'lo', '\nyou'],
    stoppedAt: 4,
  });
  expect(tell(['a', '\n'], { stopStrings: ['\n\n'] })).toEqual({ told: ['a', '\n'], stoppedAt: -1 });
  expect(tell(['a', 'b'], {}, 'c')).toEqual({ told: ['a', 'b', 'c'], stoppedAt: -1 });
  // What the decoder held back completes a stop string.
  expect(tell(['a', 'b'], { stopStrings: ['bc'] }, 'c')).toEqual({ told: ['a'], stoppedAt: -1 });
});

test('law: the told text is the whole text, cut before the first stop string that is complete', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '🙂'), maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 12 }),
      fc.array(
        word.filter((stop) => stop !== ''),
        { maxLength: 3 },
      ),
      (pieces, stopStrings) => {
        const upTo = (count: number) => pieces.slice(0, count).join('');
        const places = (text: string) => stopStrings.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
        const stoppedAt = pieces.findIndex((_, i) => places(upTo(i + 1)).length > 0);
        const whole = upTo(stoppedAt < 0 ? pieces.length : stoppedAt + 1);
        const result = tell(pieces, { stopStrings });
        expect(result.stoppedAt).toBe(stoppedAt);
        expect(result.told.join('')).toBe(stoppedAt < 0 ? whole : whole.slice(0, Math.min(...places(whole))));
      },
    ),
    { numRuns: 500 },
  );
});

describe('refused', () => {
  test('an empty stop string', () => {
    const createDecoder = () => ({ push: () => '', end: () => '' });
    expect(() => checkAnswerText('generate', { createDecoder, stopStrings: ['a', ''] })).toThrow(
      "a stop string must not be empty, got '' at stopStrings[1]",
    );
  });
});
