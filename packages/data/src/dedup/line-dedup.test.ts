import { expect, test } from 'vitest';
import type { Document } from '../document.ts';
import { applyFilters } from '../filters/apply-filters.ts';
import { createFunnel } from '../filters/create-funnel.ts';
import { createLineMemory, lineDedup } from './line-dedup.ts';

const document = (id: string, text: string, language = 'eng_Latn'): Document => ({ id, text, language, metadata: {} });
const MENU = 'Home | News | Contact us';
const FOOTER = 'All rights reserved, 2024.';

test('lines seen in earlier documents go, the first stay, and every one is counted', async () => {
  const documents = [
    document('a', `${MENU}\nThe river rose.\n${FOOTER}`),
    document('b', `${MENU}\nThe bridge held.\n\nAll RIGHTS reserved – 2025`),
    document('c', `${MENU}\n${FOOTER}`, 'fra_Latn'),
    document('d', 'Yes.\nYes.\nYes.'),
  ];
  const funnel = createFunnel();
  const memory = createLineMemory();
  const kept = await Array.fromAsync(applyFilters(documents, [lineDedup({ memory })], { funnel }));
  expect(kept.map(({ text }) => text)).toEqual([documents[0]!.text, 'The bridge held.', 'Yes.\nYes.\nYes.']);
  expect(funnel.toJson()).toMatchObject({
    read: 4,
    droppedByReason: { duplicate_lines: 1 },
    edits: { duplicate_line: 2 },
    languages: { eng_Latn: { edits: { duplicate_line: 2 } }, fra_Latn: { dropped: { duplicate_lines: 1 } } },
  });
  expect(memory.size).toBe(4);
});

test('within a document nothing of another one counts', () => {
  const filter = lineDedup();
  const text = `${MENU}\nThe river rose.\n${MENU}`;
  const verdict = { keep: true, text: `${MENU}\nThe river rose.`, edits: { duplicate_line: 1 } };
  expect(filter.check(document('a', text))).toEqual(verdict);
  expect(filter.check(document('b', text))).toEqual(verdict);
  expect(filter.check(document('c', MENU))).toEqual({ keep: true });
});

test('paragraphs hold lines together', () => {
  const filter = lineDedup({ unit: 'paragraph' });
  const text = `${MENU}\nfirst\n\n${MENU}\nsecond\n \n\n${MENU}\nfirst\n\nThe end of it all.`;
  expect(filter.check(document('a', text))).toEqual({
    keep: true,
    text: `${MENU}\nfirst\n\n${MENU}\nsecond\n \n\nThe end of it all.`,
    edits: { duplicate_paragraph: 1 },
  });
});

test('a number of occurrences may stay, and a share must remain', () => {
  const text = [MENU, MENU, MENU, 'x'].join('\n');
  expect(lineDedup({ maxOccurrences: 2 }).check(document('a', text))).toMatchObject({ text: `${MENU}\n${MENU}\nx` });
  expect(lineDedup({ minRemaining: 0.5 }).check(document('a', text))).toEqual({
    keep: false,
    reason: 'duplicate_lines',
  });
});

test('a full memory forgets nothing, remembers nothing new and says so', () => {
  const memory = createLineMemory({ maxLines: 2 });
  const filter = lineDedup({ memory });
  filter.check(document('a', `${MENU}\n${FOOTER}\nThe third different line`));
  const { text } = filter.check(document('b', `${MENU}\nThe third different line`)) as { text: string };
  expect(text).toBe('The third different line');
  expect(memory).toMatchObject({ size: 2, numNotRemembered: 2 });
});

test('many lines: as many as a set of strings finds', () => {
  const memory = createLineMemory();
  const seen = new Set<string>();
  let expected = 0;
  let found = 0;
  for (let i = 0; i < 20_000; i++) {
    const line = `line number ${'abcdefghij'[i % 10]}${'abcdefghij'[(i * 7) % 10]} ${'x'.repeat(i % 131)}`;
    if (seen.has(line)) expected++;
    seen.add(line);
    const verdict = lineDedup({ memory }).check(document(`${i}`, `${line}\nno`));
    if (verdict.keep && verdict.edits !== undefined) found++;
  }
  expect(found).toBe(expected);
  expect(memory.size).toBe(seen.size);
});
