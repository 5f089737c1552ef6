import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alignNfc, normalizeNfc } from './normalize-nfc.ts';

const marks = fc
  .array(
    fc.constantFrom(...'aAeoqs\u0301\u0323\u0307\u030a\u0345\u1100\u1161\u11a8\uac00\u0958\u2126 क\u093cx🙂\u0897'),
  )
  .map((p) => p.join(''));

test('composes and orders marks', () => {
  expect(normalizeNfc('e\u0301')).toBe('é');
  expect(normalizeNfc('q\u0307\u0323')).toBe('q\u0323\u0307');
  expect(normalizeNfc('\u1112\u1161\u11ab')).toBe('한');
});

test('characters newer than the reference stay where they stand', () => {
  // U+0897 is a mark of Unicode 16, U+11935 U+11930 compose since Unicode 13
  expect(normalizeNfc('a\u0897\u0323e\u0301')).toBe('a\u0897\u0323é');
  expect(normalizeNfc('\u{11935}\u{11930}e\u0301')).toBe('\u{11935}\u{11930}é');
});

test('the alignment covers the original in order', () => {
  fc.assert(
    fc.property(marks, (text) => {
      const normalized = normalizeNfc(text);
      const alignment = alignNfc(text, normalized);
      if (normalized === text) {
        expect(alignment).toBeNull();
        return;
      }
      const { starts, ends } = alignment!;
      expect(starts.length).toBe(normalized.length);
      let covered = 0;
      for (let i = 0; i < normalized.length; i++) {
        expect(starts[i]).toBeLessThanOrEqual(covered);
        expect(ends[i]).toBeGreaterThan(starts[i]!);
        covered = Math.max(covered, ends[i]!);
      }
      expect(covered).toBe(text.length);
    }),
  );
});
