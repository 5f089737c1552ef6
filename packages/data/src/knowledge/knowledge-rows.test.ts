import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listInputs } from '../readers/list-inputs.ts';
import { readDocuments } from '../readers/read-documents.ts';
import { type KnowledgeRowsOptions, knowledgeRows } from './knowledge-rows.ts';

async function readRows(rows: readonly unknown[], options: KnowledgeRowsOptions) {
  const path = join(await mkdtemp(join(tmpdir(), 'knowledge-')), 'a.jsonl');
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  const faults: string[] = [];
  const [input] = await listInputs({ locations: [path] });
  const documents = await Array.fromAsync(
    readDocuments(input!, {
      language: 'eng_Latn',
      documentOfRow: knowledgeRows(options),
      onFault: ({ line, reason }) => void faults.push(`${line} ${reason}`),
    }),
  );
  return { texts: documents.map(({ text }) => text), metadata: documents.map(({ metadata }) => metadata), faults };
}

test('instructions, maths problems and reading questions become text', async () => {
  expect(
    await readRows(
      [
        { instruction: 'Add.', input: '1, 2', output: '3' },
        { instruction: 'Say.', input: '', output: 'Ja.' },
        { instruction: 'x' },
      ],
      { kind: 'instruction' },
    ),
  ).toEqual({
    texts: ['Add.\n\n1, 2\n\n3', 'Say.\n\nJa.'],
    metadata: [{ knowledge: 'instruction' }, { knowledge: 'instruction' }],
    faults: ['3 malformed'],
  });
  const maths = await readRows([{ question: 'Two by three?', answer: 'It is 2*3=<<2*3=6>>6.\n#### 6' }], {
    kind: 'maths',
  });
  expect(maths.texts).toEqual(['Two by three?\n\nIt is 2*3=6.\n6']);
  const reading = await readRows(
    [
      { context: 'It rains.', question: 'Does it?', answers: { text: ['Yes', 'It does'], answer_start: [0] } },
      { context: 'It rains.', question: 'Why?', answers: { text: [], answer_start: [] } },
    ],
    { kind: 'reading' },
  );
  expect(reading).toMatchObject({ texts: ['It rains.\n\nDoes it?\n\nYes'], faults: ['2 empty'] });
});

test('code is kept by its licence, which stays with it', async () => {
  const rows = [
    { content: 'a = 1\n', license: 'mit', path: 'a.py', lang: 'Python' },
    { content: 'b', license: 'GPL-3.0-only' },
    { content: 'c', max_stars_repo_licenses: ['MIT', 'Apache-2.0'] },
    { content: 'd', max_stars_repo_licenses: ['MIT', 'GPL-2.0'] },
    { content: 'e' },
  ];
  expect(await readRows(rows, { kind: 'code' })).toEqual({
    texts: ['a = 1\n', 'c'],
    metadata: [
      { knowledge: 'code', licence: 'mit', path: 'a.py', programming_language: 'Python' },
      { knowledge: 'code', licence: 'MIT AND Apache-2.0' },
    ],
    faults: ['2 licence', '4 licence', '5 licence'],
  });
  expect((await readRows(rows, { kind: 'code', licences: ['GPL-3.0-only'] })).texts).toEqual(['b']);
});

const sets = join(process.env.MARCO_TEST_DATA ?? '', 'sft/alpaca_seed');
test.skipIf(!existsSync(sets))('a real instruction set is read to the last row', async () => {
  let numDocuments = 0;
  const reasons: string[] = [];
  for (const input of await listInputs({ locations: [sets] })) {
    const options = {
      documentOfRow: knowledgeRows({ kind: 'instruction' }),
      onFault: ({ reason }: { reason: string }) => void reasons.push(reason),
    };
    for await (const _document of readDocuments(input, options)) numDocuments++;
  }
  expect([numDocuments, reasons]).toEqual([350, []]);
});
