/**
 * The perplexity filter of a plan: n-gram models from files, read before the first document.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { readArpa } from '../perplexity/arpa-file.ts';
import type { NGramModel } from '../perplexity/ngram-model.ts';
import { decodeNGramModel } from '../perplexity/ngram-model-file.ts';
import { perplexityFilter } from '../perplexity/perplexity-filter.ts';
import type { PlannedStep } from './data-plan.ts';

/** @param path ARPA where its name ends in `.arpa` or `.arpa.gz`, else what `encodeNGramModel` wrote */
async function loadNGramModel(path: string): Promise<NGramModel> {
  if (!/\.arpa(\.gz)?$/.test(path)) return decodeNGramModel(await readFile(path));
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  return readArpa(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }));
}

/** Documents in languages without a model or without limits are kept. @throws Error when a model cannot be read */
export async function plannedPerplexity({
  models,
  limits,
}: Extract<PlannedStep, { step: 'perplexity' }>): Promise<DocumentFilter> {
  const loaded = new Map<string, NGramModel>();
  for (const [language, path] of Object.entries(models)) loaded.set(language, await loadNGramModel(path));
  const limitsOf = (language: string) => {
    const { min, max } = { ...limits.default, ...limits[language] };
    return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  };
  return perplexityFilter({ modelOf: (language) => loaded.get(language), limitsOf });
}
