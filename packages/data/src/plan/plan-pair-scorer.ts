/**
 * The scorer of translation pairs that a plan names: surface agreement, words learned from clean pairs, a model asked, or a module.
 */
import { readFile } from 'node:fs/promises';
import type { ParallelPair } from '../parallel/align-paragraphs.ts';
import { trainLexicalScorer } from '../parallel/lexical-scorer.ts';
import type { PairScorer } from '../parallel/pair-scorer.ts';
import { surfaceScorer } from '../parallel/surface-scorer.ts';
import { translationJudge } from '../parallel/translation-judge.ts';
import { pairLanguage } from '../readers/pairs/pair-document.ts';
import { readPlannedPairs } from '../stages/stage-source.ts';
import { openAiTextGenerator } from '../synthetic/openai-text-generator.ts';
import type { PlannedStep } from './data-plan.ts';
import { listPlanInputs } from './list-plan-inputs.ts';
import { moduleScorer, type Scorer } from './score-model.ts';

export type PairScorerPlan = NonNullable<Extract<PlannedStep, { step: 'parallel' }>['scorer']>;
type LexicalPlan = Extract<PairScorerPlan, { kind: 'lexical' }>;

const oneByOne =
  ({ score }: PairScorer): Scorer<ParallelPair> =>
  async (pair) =>
    (await score([pair]))[0]!;

/** A model of words for each pair of languages, whichever side comes first. */
async function lexicalScorer({ learnFrom, numIterations, maxPairs = 200_000 }: LexicalPlan) {
  const pairsOf = new Map<string, ParallelPair[]>();
  for (const { input, ...file } of await listPlanInputs({ inputs: learnFrom })) {
    for await (const pair of readPlannedPairs(file, learnFrom[input]!)) {
      const languages = pairLanguage(pair.sourceLanguage, pair.targetLanguage);
      const pairs = pairsOf.get(languages) ?? [];
      pairsOf.set(languages, pairs);
      if (pairs.length < maxPairs) pairs.push(pair);
    }
  }
  const models = new Map<string, Scorer<ParallelPair>>();
  for (const [languages, pairs] of pairsOf)
    models.set(languages, oneByOne(trainLexicalScorer(pairs, numIterations === undefined ? {} : { numIterations })));
  return (pair: ParallelPair) => {
    const { source, target, sourceLanguage, targetLanguage } = pair;
    const model = models.get(pairLanguage(sourceLanguage, targetLanguage));
    if (model !== undefined) return model(pair);
    const turned = models.get(pairLanguage(targetLanguage, sourceLanguage));
    if (turned !== undefined)
      return turned({
        ...pair,
        source: target,
        target: source,
        sourceLanguage: targetLanguage,
        targetLanguage: sourceLanguage,
      });
    throw new Error(
      `[@marco-ts/data] planPairScorer: learnFrom must hold pairs of every pair of languages that is scored, got ${[...models.keys()].join(', ')} for ${pairLanguage(sourceLanguage, targetLanguage)} at ${pair.id}. Add some, or score these in a plan of their own.`,
    );
  };
}

/** @throws Error when files that it needs cannot be read or a module exports no function */
export async function planPairScorer(planned: PairScorerPlan): Promise<Scorer<ParallelPair>> {
  if (planned === 'surface') return oneByOne(surfaceScorer);
  if (typeof planned === 'string') return moduleScorer<ParallelPair>(planned);
  if (planned.kind === 'lexical') return lexicalScorer(planned);
  const { baseUrl, model, apiKeyFile } = planned;
  const apiKey = apiKeyFile === undefined ? undefined : (await readFile(apiKeyFile, 'utf8')).trim();
  const generator = openAiTextGenerator({ baseUrl, model, ...(apiKey === undefined ? {} : { apiKey }) });
  return oneByOne(translationJudge({ generator }));
}
