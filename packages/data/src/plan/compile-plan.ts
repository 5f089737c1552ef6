/**
 * From a plan's steps to the stages that ranks share: steps on single documents run together, deduplication needs three stages.
 *
 *     documents (+ keys) -> pairs -> clusters -> documents without duplicates (+ next steps, + next keys) -> ... -> shards
 */
import { join } from 'node:path';
import type { DuplicateKeysOptions } from '../disk-dedup/duplicate-keys.ts';
import { clustersStage } from '../stages/clusters-stage.ts';
import { type DropDuplicates, documentsStage } from '../stages/documents-stage.ts';
import { IDENTIFIER_FILE, IDENTIFIER_STAGE, identifierStage } from '../stages/identifier-stage.ts';
import { pairsStage } from '../stages/pairs-stage.ts';
import { renderStage } from '../stages/render-stage.ts';
import { inputSource, type StageSource, stageSource } from '../stages/stage-source.ts';
import { tokenizeStage } from '../stages/tokenize-stage.ts';
import type { RunDirectory } from '../world/run-directory.ts';
import type { Stage } from '../world/stage.ts';
import { createDocumentSteps, type PlannedDocumentStep } from './create-document-steps.ts';
import type { DataPlan, PlannedStep } from './data-plan.ts';

/** Buckets times parts is at least this: so many ranks can share the pairing. */
const MIN_PAIR_UNITS = 16;
const MIXED_TEMPLATE = '${rank}.jsonl.zst';
const BY_LANGUAGE_TEMPLATE = '${language}-${rank}.jsonl.zst';

type RenderStep = Extract<PlannedStep, { step: 'render' }>;
type DedupStep = Extract<PlannedStep, { step: 'dedup' }>;

function keysOf(step: DedupStep): DuplicateKeysOptions {
  const { by, numBuckets, hashesPerBucket, nGramSize, seed, minCharacters } = step;
  return { by, minCharacters, minhash: { numBuckets, hashesPerBucket, nGramSize, seed } };
}

const needsTrainedIdentifier = (step: PlannedStep): boolean =>
  (step.step === 'identify' && step.model === 'udhr') || (step.step === 'parallel' && step.identify?.model === 'udhr');

/** Stages in the order in which they must be complete. */
export function compilePlan(plan: DataPlan, run: RunDirectory): Stage[] {
  const stages: Stage[] = [];
  let source: StageSource = inputSource(plan);
  let pending: PlannedDocumentStep[] = [];
  let dropDuplicates: DropDuplicates | undefined;
  const number = (): number => stages.filter(({ name }) => name !== IDENTIFIER_STAGE).length + 1;
  const trainedIdentifier = join(run.unit(IDENTIFIER_STAGE, 0), IDENTIFIER_FILE);
  if (plan.steps.some(needsTrainedIdentifier)) stages.push(identifierStage());

  const closeDocuments = (
    ending: { readonly template: string; readonly publish?: boolean; readonly keys?: DedupStep },
    what: string,
  ): Stage => {
    const steps = pending;
    const before = dropDuplicates;
    const parts = [
      ...(before === undefined ? [] : [`without duplicates (${before.by})`]),
      ...steps.map((s) => s.step),
      what,
    ];
    const stage = documentsStage({
      name: `${number()}-documents`,
      summary: parts.join(', '),
      source,
      ...(before === undefined ? {} : { dropDuplicates: before }),
      createSteps: () => createDocumentSteps(steps, { plan, trainedIdentifier }),
      template: ending.template,
      publish: ending.publish ?? false,
      ...(ending.keys === undefined ? {} : { keys: keysOf(ending.keys) }),
      keepDropped: plan.keepDropped,
    });
    stages.push(stage);
    pending = [];
    dropDuplicates = undefined;
    source = stageSource(stage.name, stage.countUnits);
    return stage;
  };

  let render: RenderStep | undefined;
  /** Documents of pairs, under the names of the step that follows. */
  const closeRender = (
    { seed, directions, pairsPerDocument }: RenderStep,
    template: string,
    publish: boolean,
  ): void => {
    const stage = renderStage({
      name: `${number()}-render`,
      summary: `pairs as documents, ${directions === 'both' ? 'both directions' : 'source to target'}, ${pairsPerDocument} in each${publish ? `, write ${template}` : ''}`,
      source,
      template,
      publish,
      render: { seed, directions, pairsPerDocument },
    });
    stages.push(stage);
    render = undefined;
    source = stageSource(stage.name, stage.countUnits);
  };

  let isWritten = false;
  for (const step of plan.steps) {
    if (step.step === 'dedup') {
      const keys = closeDocuments({ template: MIXED_TEMPLATE, keys: step }, `keys (${step.by})`);
      const numBuckets = step.by === 'minhash' ? step.numBuckets : 1;
      const numParts = step.numParts ?? Math.ceil(MIN_PAIR_UNITS / numBuckets);
      const pairs = pairsStage({
        name: `${number()}-pairs`,
        summary: `equal keys of ${numBuckets} ${numBuckets === 1 ? 'bucket' : 'buckets'} in ${numParts} parts`,
        keys,
        numBuckets,
        numParts,
      });
      stages.push(pairs);
      const name = `${number()}-clusters`;
      stages.push(clustersStage({ name, summary: 'join pairs, one rank', pairs, isJoined: numBuckets === 1 }));
      dropDuplicates = { clusters: name, by: step.by };
    } else if (step.step === 'render') {
      if (!isWritten) closeDocuments({ template: MIXED_TEMPLATE }, 'for rendering');
      render = step;
    } else if (step.step === 'write') {
      if (render === undefined) closeDocuments({ template: step.path, publish: true }, `write ${step.path}`);
      else closeRender(render, step.path, true);
      isWritten = true;
    } else if (step.step === 'tokenize') {
      const isByLanguage = step.source.includes('${language}');
      const template = isByLanguage ? BY_LANGUAGE_TEMPLATE : MIXED_TEMPLATE;
      if (render !== undefined) closeRender(render, template, false);
      else if (!isWritten) closeDocuments({ template }, 'for tokenization');
      stages.push(
        tokenizeStage({
          name: `${number()}-shards`,
          summary: `tokenize into ${step.format === 'megatron' ? 'Megatron files' : 'shards'} ${step.path}/${step.source}`,
          source,
          tokenizer: step.tokenizer,
          mixtureSource: step.source,
          format: step.format,
          path: step.path,
        }),
      );
    } else {
      pending.push(step);
    }
    if (step.step !== 'write') isWritten = false;
  }
  return stages;
}
