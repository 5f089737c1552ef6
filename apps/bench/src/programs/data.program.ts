/**
 * The contestant for curation: identification, filters, MinHash, tokenize-and-shard over documents read from a file.
 *
 * Usage: node data.program.js <documents.jsonl> <folder of a tokenizer>, then requests on standard input.
 * Units: seconds of processor time.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createMinhashSigner,
  DEFAULT_MINHASH,
  type Document,
  type DocumentFilter,
  declarationDocuments,
  fineWebQuality,
  gopherQuality,
  gopherRepetition,
  languageIdentifierFromJson,
  minhashDedup,
  normalizeText,
  readUdhr,
  rememberWords,
  splitOnWhiteSpace,
  thresholdsFor,
  trainLanguageIdentifier,
  writeShard,
} from '@marco-ts/data';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { answerRequests } from './answer-requests.ts';

export type DataTask = 'identify' | 'filters' | 'minhash' | 'cascade' | 'encode' | 'shard' | 'recall';

export interface DataRequest {
  readonly task: DataTask;
}

/** Limits that nothing passes, so that every rule looks at every document. */
function openFilters(): DocumentFilter[] {
  const splitWords = rememberWords(splitOnWhiteSpace);
  const { gopherQuality: quality, gopherRepetition: repetition, fineWebQuality: fineWeb } = thresholdsFor('eng_Latn');
  return [
    gopherQuality({
      splitWords,
      thresholds: {
        ...quality,
        minWords: 0,
        maxWords: Number.POSITIVE_INFINITY,
        minAverageWordLength: 0,
        maxAverageWordLength: Number.POSITIVE_INFINITY,
        maxSymbolWordRatio: Number.POSITIVE_INFINITY,
        maxBulletLinesRatio: 2,
        maxEllipsisLinesRatio: 2,
        minAlphabeticWordsRatio: 0,
        stopWords: new Set(),
      },
    }),
    gopherRepetition({
      splitWords,
      thresholds: {
        ...repetition,
        duplicateLineFraction: 2,
        duplicateLineCharacterFraction: 2,
        topNGrams: [2, 3, 4].map((n) => [n, 2] as const),
        duplicateNGrams: [5, 6, 7, 8, 9, 10].map((n) => [n, 2] as const),
      },
    }),
    fineWebQuality({
      splitWords,
      thresholds: {
        ...fineWeb,
        linePunctuationRatio: -1,
        shortLineRatio: 2,
        characterDuplicatesRatio: 2,
        newLineRatio: Number.POSITIVE_INFINITY,
      },
    }),
  ];
}

async function trainIdentifier() {
  const samples = [];
  for await (const declaration of readUdhr({ onProblem: () => undefined })) {
    if (!/^(und|mis)_/.test(declaration.language)) samples.push(...declarationDocuments(declaration));
  }
  return languageIdentifierFromJson(trainLanguageIdentifier(samples).toJson());
}

/** Word 5-grams by strings: what MinHash estimates. */
function jaccard(first: string, second: string): number {
  const grams = (text: string): Set<string> => {
    const words = text.toLowerCase().split(/\s+/);
    return new Set(words.slice(4).map((_, i) => words.slice(i, i + 5).join(' ')));
  };
  const [a, b] = [grams(first), grams(second)];
  const shared = [...a].filter((gram) => b.has(gram)).length;
  return shared / Math.max(1, a.size + b.size - shared);
}

/** Copies of documents with more and more words changed, each beside its original. */
async function recall(documents: readonly Document[]) {
  const found = { alike: 0, alikeFound: 0, unlike: 0, unlikeJoined: 0 };
  const long = documents.filter(({ text }) => text.split(/\s+/).length >= 60).slice(0, 400);
  for (const [index, document] of long.entries()) {
    const words = document.text.split(/\s+/);
    const every = [200, 60, 30, 8][index % 4]!;
    const copy = words.map((word, i) => (i % every === every - 1 ? `x${word}x` : word)).join(' ');
    const text = words.join(' ');
    const similarity = jaccard(text, copy);
    const { dropped } = await minhashDedup([
      { ...document, text },
      { ...document, id: 'copy', text: copy },
    ]);
    if (similarity >= 0.8) {
      found.alike++;
      found.alikeFound += dropped.length;
    } else if (similarity < 0.5) {
      found.unlike++;
      found.unlikeJoined += dropped.length;
    }
  }
  return { seconds: 0, ...found };
}

await answerRequests<DataRequest>(async () => {
  const documents = readFileSync(process.argv[2]!, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Document);
  const identifier = await trainIdentifier();
  const tokenizer = await loadTokenizer(process.argv[3]!);
  const filters = openFilters();
  const signer = createMinhashSigner(DEFAULT_MINHASH, splitOnWhiteSpace);
  const signature = new Int32Array(signer.numHashes);
  const identify = ({ text }: Document): void => void identifier.identify(text);
  const filter = (document: Document): void => {
    for (const one of filters) one.check(document);
  };
  const sign = ({ text, language }: Document): void => void signer.sign(text, language, signature, 0);
  const each: Partial<Record<DataTask, (document: Document) => void>> = {
    identify,
    filters: filter,
    minhash: sign,
    cascade: (document) => {
      normalizeText(document.text);
      identify(document);
      filter(document);
      sign(document);
    },
    encode: ({ text }) => void tokenizer.encodeOrdinary(text),
  };
  return {
    facts: {},
    async answer({ task }) {
      if (task === 'recall') return recall(documents);
      const before = process.cpuUsage();
      if (task === 'shard') {
        const output = mkdtempSync(join(tmpdir(), 'bench-shard-'));
        await writeShard(join(output, 'shard'), documents, tokenizer, { name: 'bench', source: 'bench' });
        rmSync(output, { recursive: true, force: true });
      } else for (const document of documents) each[task]!(document);
      const { user, system } = process.cpuUsage(before);
      return { seconds: (user + system) / 1e6, count: documents.length };
    },
  };
});
