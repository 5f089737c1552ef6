/**
 * Rules, language identification and a scorer for translation pairs, as one step of a plan.
 *
 * Source: OpusFilter (Aulamo et al. 2020): its LanguageIDFilter asks both sides, and scorers come last because they cost most.
 */
import { type Drop, drop } from '../filters/document-filter.ts';
import type { ParallelPair } from '../parallel/align-paragraphs.ts';
import { pairLanguages } from '../parallel/pair-languages.ts';
import { type ParallelFilter, parallelFilters } from '../parallel/parallel-filters.ts';
import { pairOfDocument } from '../readers/pairs/pair-document.ts';
import type { PlannedStep } from './data-plan.ts';
import type { DocumentStep } from './document-step.ts';
import { loadIdentifier } from './identify-step.ts';
import { planPairScorer } from './plan-pair-scorer.ts';
import { scoreOf } from './score-model.ts';

type ParallelPlan = Extract<PlannedStep, { step: 'parallel' }>;

/** Drops with the reason of the first rule that a pair fails, `source_language`, `target_language` or `pair_score_low`. */
export async function parallelStep(
  step: ParallelPlan,
  context: { readonly trainedIdentifier: string },
): Promise<DocumentStep> {
  const { limits, limitsByPair, identify, minScore, minScoreByPair, field } = step;
  const scorer = step.scorer === undefined ? undefined : await planPairScorer(step.scorer);
  const languages: ParallelFilter[] = [];
  if (identify !== undefined) {
    const model = identify.model === 'udhr' ? context.trainedIdentifier : identify.model;
    const { minScore: minConfidence, candidates } = identify;
    languages.push(pairLanguages(await loadIdentifier(model), { minConfidence, ...(candidates && { candidates }) }));
  }
  const filtersOf = new Map<string, readonly ParallelFilter[]>();
  const filtersFor = (pair: string): readonly ParallelFilter[] => {
    let filters = filtersOf.get(pair);
    if (filters === undefined) {
      filters = [...parallelFilters({ ...limits, ...limitsByPair[pair] }), ...languages];
      filtersOf.set(pair, filters);
    }
    return filters;
  };
  const firstDrop = (pair: ParallelPair, language: string): Drop | undefined => {
    for (const filter of filtersFor(language)) {
      const verdict = filter.check(pair);
      if (!verdict.keep) return verdict;
    }
    return undefined;
  };
  return {
    name: 'parallel',
    apply: (document) => {
      const pair = pairOfDocument(document);
      if (pair === undefined) return drop('empty_side');
      const dropped = firstDrop(pair, document.language);
      if (dropped !== undefined) return dropped;
      if (scorer === undefined) return { keep: true, document };
      return scoreOf(scorer, pair).then((score) =>
        score < (minScoreByPair[document.language] ?? minScore)
          ? drop('pair_score_low')
          : { keep: true, document: { ...document, metadata: { ...document.metadata, [field]: score } } },
      );
    },
  };
}

/** Ends the steps on pairs: a pair that lost a side in one of them goes as `empty_side`. */
export const wholePairs: DocumentStep = {
  name: 'whole_pairs',
  apply: (document) => (pairOfDocument(document) === undefined ? drop('empty_side') : { keep: true, document }),
};
