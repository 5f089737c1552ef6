/**
 * Adds up what the n-grams of a text say for each language, in WebAssembly (`assembly/index.ts`).
 *
 * Most n-grams that a text holds are frequent, and their postings are long: among 356 languages in Latin script a hundred letters touch some six
 * thousand. For the script that most languages are written in, long postings are laid out as rows, a byte for each language, which vectors add.
 * Sums are of whole numbers: they do not depend on the way they were made.
 */
import { scoreNgramsWasm } from '../generated/score-ngrams-wasm.ts';
import { forEachPieceOfNGrams, MAX_PIECE_NGRAMS, NUM_BUCKETS } from './character-ngrams.ts';

export interface NGramPostings {
  /** The postings of bucket b are [offsets[b], offsets[b + 1]). */
  readonly offsets: Uint32Array;
  readonly postingLanguages: Uint16Array;
  readonly postingWeights: Uint8Array;
}

export interface NGramScorer {
  /**
   * @param text any text
   * @param isFrequentScript whether only languages of the script with rows matter
   * @returns sums of weights by language; overwritten by the next call
   */
  score(text: string, isFrequentScript: boolean): Float64Array;
}

/** Postings from which a row is the shorter way. */
const MIN_FREQUENT = 16;
const VECTOR_BYTES = 16;
/** Marks an entry that has a row. */
const ROW = 0xffff;
const PAGE_BYTES = 65_536;

interface Module {
  readonly memory: WebAssembly.Memory;
  readonly place: (...addressesAndCounts: number[]) => void;
  readonly score: (bucketsAt: number, numBuckets: number, withRows: boolean) => void;
}

let compiled: WebAssembly.Module | undefined;

function startModule(): Module {
  compiled ??= new WebAssembly.Module(Buffer.from(scoreNgramsWasm, 'base64'));
  return new WebAssembly.Instance(compiled).exports as unknown as Module;
}

/** Bucket by bucket: where its postings or its row begin, and how many postings it has (see `assembly/index.ts`). */
function layOut({ offsets, postingLanguages, postingWeights }: NGramPostings, members: readonly number[]) {
  const positions = new Map(members.map((language, position) => [language, position]));
  const rowBytes = Math.ceil(members.length / VECTOR_BYTES) * VECTOR_BYTES;
  const table = new Uint32Array(2 * NUM_BUCKETS);
  const rows: Uint8Array[] = [];
  for (let bucket = 0; bucket < NUM_BUCKETS; bucket++) {
    const start = offsets[bucket]!;
    const end = offsets[bucket + 1]!;
    let numMembers = 0;
    if (end - start >= MIN_FREQUENT) {
      for (let i = start; i < end; i++) if (positions.has(postingLanguages[i]!)) numMembers++;
    }
    // Of another script and yet frequent: stays as it is.
    const isRow = numMembers >= MIN_FREQUENT;
    table[2 * bucket] = isRow ? rows.length * rowBytes : start;
    table[2 * bucket + 1] = isRow ? ROW : end - start;
    if (!isRow) continue;
    const row = new Uint8Array(rowBytes);
    for (let i = start; i < end; i++) {
      const position = positions.get(postingLanguages[i]!);
      if (position !== undefined) row[position] = postingWeights[i]!;
    }
    rows.push(row);
  }
  return { rowBytes, table, rows: Buffer.concat(rows) };
}

/**
 * @param postings of all languages; not kept
 * @param numLanguages languages in all
 * @param members indices of the languages of the script that most are written in
 */
export function createNGramScorer(
  postings: NGramPostings,
  numLanguages: number,
  members: readonly number[],
): NGramScorer {
  const module = startModule();
  const { rowBytes, table, rows } = layOut(postings, members);
  let reserved = PAGE_BYTES;
  const reserve = (sizeBytes: number): number => {
    const address = reserved;
    reserved = Math.ceil((reserved + sizeBytes) / VECTOR_BYTES) * VECTOR_BYTES;
    const missing = reserved - module.memory.buffer.byteLength;
    if (missing > 0) module.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  };
  const put = (array: Uint8Array | Uint16Array | Uint32Array): number => {
    const address = reserve(array.byteLength);
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    new Uint8Array(module.memory.buffer, address, array.byteLength).set(bytes);
    return address;
  };
  const scoresAt = reserve(numLanguages * Float64Array.BYTES_PER_ELEMENT);
  const bucketsAt = reserve(MAX_PIECE_NGRAMS * Uint32Array.BYTES_PER_ELEMENT);
  module.place(
    put(table),
    put(postings.postingLanguages),
    put(postings.postingWeights),
    put(rows),
    rowBytes,
    put(Uint16Array.from(members)),
    members.length,
    reserve(rowBytes * Uint16Array.BYTES_PER_ELEMENT),
    scoresAt,
  );
  const scores = new Float64Array(module.memory.buffer, scoresAt, numLanguages);
  const given = new Uint32Array(module.memory.buffer, bucketsAt, MAX_PIECE_NGRAMS);
  return {
    score(text, isFrequentScript) {
      scores.fill(0);
      forEachPieceOfNGrams(text, (buckets) => {
        given.set(buckets);
        module.score(bucketsAt, buckets.length, isFrequentScript);
      });
      return scores;
    },
  };
}
