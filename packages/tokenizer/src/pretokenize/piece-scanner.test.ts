import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GPT2_PATTERN, LLAMA3_PATTERN, QWEN2_PATTERN, scannerFor } from './piece-scanner.ts';
import { translatePattern } from './translate-pattern.ts';

const samples = [
  ..."'sStTmdlreEvVſ 's'LL \t\n\r\u0085\u00a0\ufeff\u3000aéßЖא中한ก\u0e49\u09be\u0301१٣Ⅷ²½𝟘𐐀𠀀🙂!?.,_-<|>\u0000\u200d\ud7ff\ue000",
];
const text = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...samples) }, fc.string({ unit: 'binary', maxLength: 2 })))
  .map((parts) => parts.join('').replace(/\p{Surrogate}/gu, '\ufffd'));

describe.each([
  ['GPT-2', GPT2_PATTERN],
  ['Qwen2', QWEN2_PATTERN],
  ['Llama 3', LLAMA3_PATTERN],
])('%s', (_, pattern) => {
  const scan = scannerFor(pattern)!;
  const expression = translatePattern(pattern);

  test('the scanner and the regular expression cut alike', () => {
    fc.assert(
      fc.property(text, (value) => {
        const units = Uint16Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));
        const pieces: string[] = [];
        for (let start = 0; start < value.length; ) {
          const end = scan(units, start, value.length);
          expect(end).toBeGreaterThan(start);
          pieces.push(value.slice(start, end));
          start = end;
        }
        expect(pieces).toEqual([...value.matchAll(expression)].map((match) => match[0]));
      }),
      { numRuns: 2000 },
    );
  });
});

test('an unknown pattern has no scanner', () => expect(scannerFor('\\S+')).toBeNull());
