/**
 * The perplexity filter of a plan: n-gram models from files, read before the first document.
 */
import type { DocumentFilter } from '../filters/document-filter.ts';
import { loadNGramModel } from '../perplexity/load-ngram-model.ts';
import type { NGramModel } from '../perplexity/ngram-model.ts';
import { perplexityFilter } from '../perplexity/perplexity-filter.ts';
import type { PlannedStep } from './data-plan.ts';

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
