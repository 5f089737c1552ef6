/** Text in: your folder, or real web pages; out: what was kept, and why the rest was not. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyFilters,
  createDocumentWriter,
  createFunnel,
  type Document,
  exactDedup,
  gopherQuality,
  gopherRepetition,
  listInputs,
  readDocuments,
  thresholdsFor,
} from '@marco-ts/data';

const directory = await mkdtemp(join(tmpdir(), 'curate-'));
const inputs = await listInputs({ locations: [process.argv[2] ?? join(import.meta.dirname, 'texts')] });

async function* read(): AsyncIterable<Document> {
  for (const input of inputs) {
    yield* readDocuments(input, {
      language: 'eng_Latn',
      onFault: ({ location, reason }) => console.log(`${location}: ${reason}`),
    });
  }
}

const funnel = createFunnel();
// FineWeb2's thresholds by language, with fewer words asked for than of web pages.
const filters = [
  gopherQuality({ thresholds: (language) => ({ ...thresholdsFor(language).gopherQuality, minWords: 20 }) }),
  gopherRepetition({ thresholds: (language) => thresholdsFor(language).gopherRepetition }),
];
const writer = createDocumentWriter({ directory, template: '${language}/${rank}.jsonl.gz', rank: 0 });
for await (const document of applyFilters(
  exactDedup(read(), { onDrop: ({ id }, kept) => console.log(`${id} is ${kept} again`) }),
  filters,
  { funnel },
)) {
  await writer.write(document);
}
const files = await writer.close();
console.log(funnel.toTable());
for (const { path, numDocuments } of files) console.log(`${join(directory, path)}: ${numDocuments} documents`);
