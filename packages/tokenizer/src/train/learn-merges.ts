/**
 * The training loop of byte-pair encoding: again and again joins the most frequent pair of neighbours.
 *
 * Source: Sennrich et al. 2016, arXiv:1508.07909; order, ties (larger count, then smaller pair of ids) and book-keeping as in
 * `BpeTrainer::do_train` of Hugging Face tokenizers, so that the merges are the same. In particular a pair can wait in the queue more
 * than once with different places, and a merge can be listed twice, when two ways of joining give one token.
 */
import { createPairTable } from './pair-table.ts';

export interface LearnMergesInput {
  /** Ids of each distinct word, one after another. Overwritten. */
  readonly symbols: Int32Array;
  /** Start of word i in `symbols`; one more entry at the end. */
  readonly starts: Int32Array;
  /** Occurrences of word i. */
  readonly counts: ArrayLike<number>;
  /** Token text to id; new tokens are added. */
  readonly vocab: Map<string, number>;
  /** Token text by id. */
  readonly tokenTexts: Map<number, string> | readonly string[];
  /** The first new token gets this id. */
  readonly firstNewId: number;
  /** Stop when so many tokens have been added. */
  readonly maxNewTokens: number;
  readonly minFrequency: number;
  /** A joined token stays below this many symbols of its word. Default: no limit. */
  readonly maxTokenLength?: number;
  /** Pairs that would give such a text are not joined. */
  readonly isForbidden?: (text: string) => boolean;
}

export interface LearnedMerges {
  /** Flat triples (left id, right id, merged id), in the order they were learned. */
  readonly merges: number[];
  /** Texts of the new tokens, from `firstNewId` on. */
  readonly newTokens: string[];
}

interface QueueEntry {
  pair: number;
  count: number;
  words: number[];
}

export function learnMerges(input: LearnMergesInput): LearnedMerges {
  const { symbols, starts, counts, vocab, minFrequency, maxTokenLength = Number.POSITIVE_INFINITY } = input;
  const numWords = starts.length - 1;
  const ends = starts.slice(1);
  const lengths = new Int32Array(symbols.length).fill(1);
  const texts = new Map(input.tokenTexts instanceof Map ? input.tokenTexts : input.tokenTexts.entries());
  const pairs = createPairTable();

  /** Words where a pair has appeared since it was last queued. */
  const places: (number[] | undefined)[] = [];
  let touched: number[] = [];
  const notePlace = (pair: number, word: number) => {
    const words = places[pair];
    if (words === undefined) {
      places[pair] = [word];
      touched.push(pair);
    } else if (words[words.length - 1] !== word) words.push(word);
  };

  for (let word = 0; word < numWords; word++) {
    for (let i = starts[word]!; i + 1 < ends[word]!; i++) {
      const pair = pairs.indexOf(symbols[i]!, symbols[i + 1]!);
      pairs.counts[pair]! += counts[word]!;
      notePlace(pair, word);
    }
  }

  const isBefore = (a: QueueEntry, b: QueueEntry): boolean => {
    if (a.count !== b.count) return a.count > b.count;
    const left = pairs.left(a.pair) - pairs.left(b.pair);
    return left !== 0 ? left < 0 : pairs.right(a.pair) < pairs.right(b.pair);
  };
  const queue = createQueue(isBefore);
  const queueTouched = () => {
    for (const pair of touched) {
      const count = pairs.counts[pair]!;
      if (count > 0) queue.push({ pair, count, words: places[pair]! });
      places[pair] = undefined;
    }
    touched = [];
  };
  queueTouched();

  const merges: number[] = [];
  const newTokens: string[] = [];
  while (newTokens.length < input.maxNewTokens) {
    const top = queue.pop();
    if (!top) break;
    // counts can fall below nothing where maxTokenLength kept a pair from being counted; the reference then takes them as huge
    const now = pairs.counts[top.pair]! < 0 ? pairs.counts[top.pair]! + 2 ** 64 : pairs.counts[top.pair]!;
    if (top.count !== now) {
      top.count = now;
      queue.push(top);
      continue;
    }
    if (top.count < 1 || minFrequency > top.count) break;
    const left = pairs.left(top.pair);
    const right = pairs.right(top.pair);
    const text = texts.get(left)! + texts.get(right)!;
    if (input.isForbidden?.(text)) continue;
    let merged = vocab.get(text);
    if (merged === undefined) {
      merged = input.firstNewId + newTokens.length;
      vocab.set(text, merged);
      texts.set(merged, text);
      newTokens.push(text);
    }
    merges.push(left, right, merged);
    for (const word of top.words) mergeInWord(word, left, right, merged);
    queueTouched();
  }
  return { merges, newTokens };

  function mergeInWord(word: number, left: number, right: number, merged: number): void {
    const start = starts[word]!;
    const end = ends[word]!;
    const count = counts[word]!;
    let to = start;
    for (let from = start; from < end; from++) {
      if (symbols[from]! !== left || from + 1 >= end || symbols[from + 1]! !== right) {
        symbols[to] = symbols[from]!;
        lengths[to++] = lengths[from]!;
        continue;
      }
      const length = lengths[from]! + lengths[from + 1]!;
      if (to > start) {
        const before = symbols[to - 1]!;
        pairs.counts[pairs.indexOf(before, left)]! -= count;
        if (lengths[to - 1]! + length < maxTokenLength) add(before, merged, word, count);
      }
      if (from + 2 < end) {
        const after = symbols[from + 2]!;
        pairs.counts[pairs.indexOf(right, after)]! -= count;
        if (lengths[from + 2]! + length < maxTokenLength) add(merged, after, word, count);
      }
      symbols[to] = merged;
      lengths[to++] = length;
      from++;
    }
    ends[word] = to;
  }

  function add(left: number, right: number, word: number, count: number): void {
    const pair = pairs.indexOf(left, right);
    pairs.counts[pair]! += count;
    notePlace(pair, word);
  }
}

/** Binary heap; `pop` gives the entry that is before all others. */
function createQueue(isBefore: (a: QueueEntry, b: QueueEntry) => boolean) {
  const heap: QueueEntry[] = [];
  return {
    push(entry: QueueEntry): void {
      let at = heap.length;
      heap.push(entry);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!isBefore(entry, heap[parent]!)) break;
        heap[at] = heap[parent]!;
        at = parent;
      }
      heap[at] = entry;
    },
    pop(): QueueEntry | undefined {
      const top = heap[0];
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return top;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
        if (!isBefore(heap[child]!, last)) break;
        heap[at] = heap[child]!;
        at = child;
      }
      heap[at] = last;
      return top;
    },
  };
}
