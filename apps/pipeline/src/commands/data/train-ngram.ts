/**
 * Trains an n-gram model on the documents of some files and says how surprising it finds the documents that it was not trained on.
 *
 * Units: perplexity by token; megabytes are 10^6 UTF-8 bytes of text.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type Document,
  encodeNGramModel,
  listInputs,
  type NGramModel,
  perplexityPercentiles,
  perplexitySentences,
  readDocuments,
  trainNGramModel,
  writeArpa,
} from '@marco-ts/data';
import { BadInputError } from '../../errors.ts';
import type { TrainNGramCommandOptions } from './add-train-ngram-command.ts';

const HELD_OUT_EVERY = 10;
const PERCENTILES = [10, 30, 50, 60, 90, 95, 99];
/** Of KenLM's `--discount_fallback`: for text too small to estimate them. */
const FALLBACK_DISCOUNTS = [0.5, 1, 1.5] as const;

async function readText(
  inputs: readonly string[],
  { language, maxMegabytes, textKey, languageKey }: TrainNGramCommandOptions,
) {
  const fields = { language, ...(textKey && { textKey }), ...(languageKey && { languageKey }) };
  const documents: Document[] = [];
  let sizeBytes = 0;
  for (const input of await listInputs({ locations: inputs })) {
    for await (const document of readDocuments(input, fields)) {
      if (document.language !== language) continue;
      documents.push(document);
      sizeBytes += Buffer.byteLength(document.text);
      if (sizeBytes >= maxMegabytes * 1e6) return { documents, sizeBytes };
    }
  }
  return { documents, sizeBytes };
}

function* sentencesOf(documents: readonly Document[]): Generator<readonly string[]> {
  for (const document of documents) yield* perplexitySentences(document);
}

function* arpaText(model: NGramModel): Generator<string> {
  for (const line of writeArpa(model)) yield `${line}\n`;
}

/** @throws BadInputError when the files cannot be read or hold no text of the language, or the order is none that can be trained */
export async function trainNGram(inputs: readonly string[], options: TrainNGramCommandOptions) {
  const { documents, sizeBytes } = await readText(inputs, options).catch((error: Error) => {
    throw new BadInputError(error.message, { cause: error });
  });
  const training = documents.filter((_, i) => i % HELD_OUT_EVERY !== HELD_OUT_EVERY - 1);
  const heldOut = documents.filter((_, i) => i % HELD_OUT_EVERY === HELD_OUT_EVERY - 1);
  if (heldOut.length === 0) {
    throw new BadInputError(
      `[@marco-ts/pipeline] data train-ngram: there must be at least ${HELD_OUT_EVERY} documents in ${options.language}, got ${documents.length}. Give more text, or the language that the documents say.`,
    );
  }
  let model: NGramModel;
  try {
    model = trainNGramModel(sentencesOf(training), { order: options.order, fallbackDiscounts: FALLBACK_DISCOUNTS });
  } catch (error) {
    throw new BadInputError((error as Error).message, { cause: error });
  }
  const partial = `${options.output}.partial`;
  await mkdir(dirname(options.output), { recursive: true });
  try {
    await writeFile(partial, options.output.endsWith('.arpa') ? arpaText(model) : encodeNGramModel(model));
    await rename(partial, options.output);
  } finally {
    await rm(partial, { force: true });
  }
  const values = await perplexityPercentiles(heldOut, { modelOf: () => model, percentiles: PERCENTILES });
  const perplexity = Object.fromEntries(
    (values.get(options.language) ?? []).map((value, i) => [PERCENTILES[i]!, Math.round(value * 10) / 10]),
  );
  const counts = { numDocuments: training.length, numHeldOut: heldOut.length, megabytes: sizeBytes / 1e6 };
  const rows = Object.entries(perplexity).map(([percentile, value]) => `  ${percentile.padStart(2)}  ${value}`);
  const table = `${options.output}: order ${model.order}, ${model.numNGrams.join(' + ')} n-grams of ${counts.numDocuments} documents, ${counts.megabytes.toFixed(2)} MB
perplexity of ${heldOut.length} held-out documents, by percentile:
${rows.join('\n')}\n`;
  return { output: options.output, order: model.order, numNGrams: model.numNGrams, ...counts, perplexity, table };
}
