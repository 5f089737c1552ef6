/**
 * Keeps documents that a learned scorer gives enough, and writes the score into their metadata.
 */
import type { Document } from '../document.ts';
import { drop } from '../filters/document-filter.ts';
import type { PlannedStep } from './data-plan.ts';
import type { DocumentStep } from './document-step.ts';
import { fastTextScorer, isFastTextFile, moduleScorer, type Scorer, scoreOf } from './score-model.ts';

type QualityPlan = Extract<PlannedStep, { step: 'quality' }>;

/** Drops as `quality_low`; the metadata field `field` holds the score. */
export async function qualityStep({ model, label, minScore, minScores, field }: QualityPlan): Promise<DocumentStep> {
  const scorer: Scorer<Document> = isFastTextFile(model)
    ? fastTextScorer(model, label)
    : await moduleScorer<Document>(model);
  return {
    name: 'quality',
    apply: async (document) => {
      const score = await scoreOf(scorer, document);
      if (score < (minScores[document.language] ?? minScore)) return drop('quality_low');
      return { keep: true, document: { ...document, metadata: { ...document.metadata, [field]: score } } };
    },
  };
}
