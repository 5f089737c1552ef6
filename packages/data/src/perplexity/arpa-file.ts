/**
 * ARPA files of n-gram models: what KenLM, SRILM and others write and read.
 *
 * Source: the ARPA format (Doug Paul, 1992) as KenLM reads it: counts, then each order's n-grams with log10 probability before and backoff
 * behind the words, separated by tabs or spaces.
 */
import { type NGramModel, ngramModelFromTables, SENTENCE_START, SPECIAL_WORDS, UNKNOWN } from './ngram-model.ts';
import { createNGramTable, type NGramTable } from './ngram-table.ts';

/** KenLM's number for what has no probability. */
const NO_UNKNOWN = -100;

const refuse = (rule: string, got: string, lineNumber: number): Error =>
  new Error(
    `[@marco-ts/data] readArpa: ${rule}, got ${got} at line ${lineNumber}. Write the file again, for example with lmplz --arpa.`,
  );

/** Nine digits bring every float32 back; plain notation, since readers differ in what else they take. */
function formatLog(value: number): string {
  if (value === 0) return '0';
  const text = value.toPrecision(9);
  return text.includes('e') ? value.toFixed(12) : text;
}

/** @returns lines without line ends; join them with `\n` */
export function* writeArpa(model: NGramModel): Generator<string> {
  yield '\\data\\';
  for (const [index, count] of model.numNGrams.entries()) yield `ngram ${index + 1}=${count}`;
  for (const { order, size, ids, logProbs, backoffs } of model.tables) {
    yield '';
    yield `\\${order}-grams:`;
    const isLast = order === model.order;
    for (let index = 0; index < size; index++) {
      let words = model.vocabulary[ids[index * order]!]!;
      for (let i = 1; i < order; i++) words += ` ${model.vocabulary[ids[index * order + i]!]!}`;
      const logProb = formatLog(logProbs[index]!);
      yield isLast ? `${logProb}\t${words}` : `${logProb}\t${words}\t${formatLog(backoffs[index]!)}`;
    }
  }
  yield '';
  yield '\\end\\';
}

/**
 * @param lines of an ARPA file, from a stream or from memory
 * @throws Error with the line's number for anything that is no ARPA file
 */
export async function readArpa(lines: Iterable<string> | AsyncIterable<string>): Promise<NGramModel> {
  const expected: number[] = [];
  const tables: NGramTable[] = [];
  const vocabulary: string[] = [...SPECIAL_WORDS];
  const ids = new Map<string, number>(vocabulary.map((word, id) => [word, id]));
  let order = 0;
  let lineNumber = 0;
  let isStarted = false;
  let isEnded = false;
  const words = new Int32Array(32);

  const startOrder = (next: number): void => {
    if (next !== order + 1) throw refuse(`${order + 1}-grams must come next`, `${next}-grams`, lineNumber);
    if (expected[next - 1] === undefined)
      throw refuse('every order must be counted', `no count of ${next}-grams`, lineNumber);
    order = next;
    const table = createNGramTable(order, expected[order - 1]! + 3);
    if (order === 1) {
      for (let id = 0; id < SPECIAL_WORDS.length; id++) table.add(Int32Array.of(id), 0);
      table.logProbs.fill(NO_UNKNOWN, 0, SPECIAL_WORDS.length);
      table.logProbs[SENTENCE_START] = -99;
    }
    tables.push(table);
  };
  const idOf = (word: string): number => {
    const lowered = word === '<UNK>' ? '<unk>' : word;
    const known = ids.get(lowered);
    if (known !== undefined) return known;
    if (order > 1) throw refuse('words of longer n-grams must be unigrams', JSON.stringify(word), lineNumber);
    ids.set(lowered, vocabulary.length);
    vocabulary.push(lowered);
    return vocabulary.length - 1;
  };
  const addNGram = (line: string): void => {
    const fields = line.split(/[\t ]+/);
    const numFields = fields.at(-1) === '' ? fields.length - 1 : fields.length;
    const hasBackoff = numFields === order + 2;
    if (!hasBackoff && numFields !== order + 1) {
      throw refuse(
        `a line must hold a number, ${order} words and perhaps a backoff`,
        `${numFields} fields`,
        lineNumber,
      );
    }
    const logProb = Number(fields[0]);
    const backoff = hasBackoff ? Number(fields[order + 1]) : 0;
    if (Number.isNaN(logProb) || Number.isNaN(backoff) || logProb > 0) {
      throw refuse('log probabilities must be numbers up to 0', JSON.stringify(line.slice(0, 60)), lineNumber);
    }
    for (let i = 0; i < order; i++) words[i] = idOf(fields[i + 1]!);
    const table = tables[order - 1]!;
    const index = table.add(words, 0);
    table.logProbs[index] = logProb;
    table.backoffs[index] = backoff;
  };

  for await (const rawLine of lines) {
    lineNumber++;
    const line = rawLine.endsWith('\r') ? rawLine.slice(0, -1) : rawLine;
    if (line === '' || isEnded) continue;
    if (!isStarted) {
      isStarted = line === '\\data\\';
      continue;
    }
    if (line === '\\end\\') isEnded = true;
    else if (order === 0 && line.startsWith('ngram ')) {
      const count = /^ngram (\d+) *= *(\d+)$/.exec(line);
      if (count === null || Number(count[1]) !== expected.length + 1) {
        throw refuse(
          'counts must read "ngram <order>=<count>", in order',
          JSON.stringify(line.slice(0, 60)),
          lineNumber,
        );
      }
      expected.push(Number(count[2]));
    } else if (/^\\\d+-grams:$/.test(line)) startOrder(Number.parseInt(line.slice(1), 10));
    else if (order === 0)
      throw refuse('counts must come before n-grams', JSON.stringify(line.slice(0, 60)), lineNumber);
    else addNGram(line);
  }
  if (!isStarted) throw refuse('a file must begin with \\data\\', 'none', lineNumber);
  if (!isEnded) throw refuse('a file must end with \\end\\', 'the end of the file', lineNumber);
  if (tables.length !== expected.length || order === 0) {
    throw refuse(`there must be n-grams of ${expected.length} orders`, `${tables.length}`, lineNumber);
  }
  for (const [index, table] of tables.entries()) {
    // Unigrams may lack <unk>, <s> or </s>.
    if (index === 0 ? table.size < expected[0]! : table.size !== expected[index]) {
      throw refuse(`there must be ${expected[index]} ${index + 1}-grams`, `${table.size}`, lineNumber);
    }
  }
  if (tables[0]!.logProbs[UNKNOWN]! > 0) throw refuse('<unk> must have a probability', 'none', lineNumber);
  return ngramModelFromTables(vocabulary, tables);
}
