/**
 * Scores of all languages for the n-grams of one text: postings walked one by one, rows of frequent n-grams added sixteen languages at a time.
 *
 * Memory: laid out by the host, which names the places once (`place`). An entry of the table has 8 bytes for each bucket: where its postings
 * or its row begin (32 bits), how many postings it has (16 bits, `ROW` for a row), and how often the text has it (16 bits, 0 between calls).
 * A row has a byte for each language of one script, `rowBytes` in all, a multiple of 16; `sums` has 16 bits and `scores` float64 for each.
 */

/** What 16 bits hold for certain: this many additions of a weight of at most 255. */
const MAX_ADDITIONS: u32 = 257;
const ROW: u32 = 0xffff;

let table: usize = 0;
let postingLanguages: usize = 0;
let postingWeights: usize = 0;
let rows: usize = 0;
let rowBytes: u32 = 0;
let members: usize = 0;
let numMembers: u32 = 0;
let sums: usize = 0;
let scores: usize = 0;
let numAdditions: u32 = 0;

export function place(
  tableAt: usize,
  postingLanguagesAt: usize,
  postingWeightsAt: usize,
  rowsAt: usize,
  bytesOfRow: u32,
  membersAt: usize,
  membersCount: u32,
  sumsAt: usize,
  scoresAt: usize,
): void {
  table = tableAt;
  postingLanguages = postingLanguagesAt;
  postingWeights = postingWeightsAt;
  rows = rowsAt;
  rowBytes = bytesOfRow;
  members = membersAt;
  numMembers = membersCount;
  sums = sumsAt;
  scores = scoresAt;
}

/** Moves the sums into the scores and starts again at 0. */
function emptySums(): void {
  for (let i: u32 = 0; i < numMembers; i++) {
    const score = scores + ((<usize>load<u16>(members + (i << 1))) << 3);
    store<f64>(score, load<f64>(score) + <f64>load<u16>(sums + (i << 1)));
  }
  memory.fill(sums, 0, rowBytes << 1);
  numAdditions = 0;
}

function addRow(row: usize, count: u32): void {
  while (count > 0) {
    if (numAdditions == MAX_ADDITIONS) emptySums();
    const times = min(count, MAX_ADDITIONS - numAdditions);
    const factor = i16x8.splat(<i16>times);
    let sum = sums;
    for (let at = row, end = row + rowBytes; at < end; at += 16, sum += 32) {
      const weights = v128.load(at);
      v128.store(sum, i16x8.add(v128.load(sum), i16x8.mul(i16x8.extend_low_i8x16_u(weights), factor)));
      v128.store(sum, i16x8.add(v128.load(sum, 16), i16x8.mul(i16x8.extend_high_i8x16_u(weights), factor)), 16);
    }
    numAdditions += times;
    count -= times;
  }
}

/**
 * Adds the n-grams of a piece of text, at most 65,535 as they are counted in 16 bits, to the scores. Rows are passed over unless `withRows`.
 *
 * Each distinct n-gram is looked up once, however often it occurs; `buckets` is overwritten.
 */
export function score(buckets: usize, numBuckets: u32, withRows: bool): void {
  let distinct = buckets;
  for (let at = buckets, end = buckets + (numBuckets << 2); at < end; at += 4) {
    const entry = table + (load<u32>(at) << 3);
    const count = load<u16>(entry, 6);
    store<u16>(entry, count + 1, 6);
    if (count == 0) {
      store<u32>(distinct, entry);
      distinct += 4;
    }
  }
  for (let at = buckets; at < distinct; at += 4) {
    const entry = load<u32>(at);
    const start = load<u32>(entry);
    const numPostings: u32 = load<u16>(entry, 4);
    const count: u32 = load<u16>(entry, 6);
    store<u16>(entry, 0, 6);
    if (numPostings == ROW) {
      if (withRows) addRow(rows + start, count);
      continue;
    }
    const times = <f64>count;
    for (let i = start, end = start + numPostings; i < end; i++) {
      const total = scores + ((<usize>load<u16>(postingLanguages + (i << 1))) << 3);
      store<f64>(total, load<f64>(total) + times * <f64>load<u8>(postingWeights + i));
    }
  }
  if (withRows) emptySums();
}
