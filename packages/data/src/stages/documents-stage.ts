/**
 * The stage that reads documents, takes out duplicates that earlier stages found, applies steps, and writes what is left.
 *
 * A unit is one file: of the inputs, or one that an earlier stage wrote. Keys for the next deduplication are made in the same pass.
 */
import { join } from 'node:path';
import { createDuplicateKeys, type DuplicateKeysOptions, SEPARATORS } from '../disk-dedup/duplicate-keys.ts';
import { type DuplicatesOfFile, duplicatesOfFile } from '../disk-dedup/duplicates-of-file.ts';
import type { Document } from '../document.ts';
import { createFunnel } from '../filters/create-funnel.ts';
import type { Drop } from '../filters/document-filter.ts';
import type { DocumentStep, StepResult } from '../plan/document-step.ts';
import { createRecordSorter } from '../sorted-records/create-record-sorter.ts';
import { createDocumentStatistics } from '../world/document-statistics.ts';
import type { Stage, UnitContext } from '../world/stage.ts';
import type { UnitOutput, UnitResult } from '../world/unit-report.ts';
import { createDocumentWriter } from '../writers/create-document-writer.ts';
import { createStageOutputs } from './stage-outputs.ts';
import type { StageSource } from './stage-source.ts';

export interface DropDuplicates {
  /** Stage whose files say what is a duplicate. */
  readonly clusters: string;
  readonly by: DuplicateKeysOptions['by'];
}

export interface DocumentsStageOptions {
  readonly name: string;
  readonly summary: string;
  readonly source: StageSource;
  readonly dropDuplicates?: DropDuplicates;
  /** Made once for each rank. */
  readonly createSteps: () => Promise<readonly DocumentStep[]>;
  /** Path below the unit's directory; with `publish` also below the run's. */
  readonly template: string;
  readonly publish: boolean;
  readonly keys?: DuplicateKeysOptions;
  readonly keepDropped: boolean;
}

/** Reasons in the funnel, by what was compared. */
const DUPLICATE_REASONS = {
  minhash: 'near_duplicate',
  document: 'exact_duplicate',
  paragraph: 'duplicate_paragraphs',
  line: 'duplicate_lines',
} as const;

/** @returns the document without what was seen before; undefined when nothing is left */
function withoutDuplicates(document: Document, by: DuplicateKeysOptions['by'], duplicates: DuplicatesOfFile) {
  if (by === 'minhash' || by === 'document') {
    const { isDuplicate, clusterSize } = duplicates.next();
    if (isDuplicate) return undefined;
    if (clusterSize === 1) return { document, numRemoved: 0 };
    const { cluster_size: earlier = 1, ...metadata } = document.metadata;
    const size = by === 'document' || typeof earlier !== 'number' ? clusterSize : clusterSize - 1 + earlier;
    return { document: { ...document, metadata: { ...metadata, cluster_size: size } }, numRemoved: 0 };
  }
  const parts = document.text.split(SEPARATORS[by]);
  const kept = parts.filter(() => !duplicates.next().isDuplicate);
  if (kept.length === parts.length) return { document, numRemoved: 0 };
  const text = kept.join(SEPARATORS[by]).trim();
  return text === '' ? undefined : { document: { ...document, text }, numRemoved: parts.length - kept.length };
}

export function documentsStage(options: DocumentsStageOptions): Stage {
  const { name, summary, source, dropDuplicates, template, publish, keepDropped } = options;
  let steps: Promise<readonly DocumentStep[]> | undefined;
  return {
    name,
    summary,
    countUnits: (run) => source.countFiles(run),
    runUnit: async (index, context) => {
      steps ??= options.createSteps();
      return runUnit(index, context, await steps);
    },
  };

  async function runUnit(index: number, context: UnitContext, made: readonly DocumentStep[]): Promise<UnitResult> {
    const { run, directory, signal } = context;
    const file = await source.openFile(run, index, signal);
    const funnel = createFunnel();
    const statistics = createDocumentStatistics();
    const duplicates = dropDuplicates && duplicatesOfFile(run.unit(dropDuplicates.clusters, 0), index);
    const keys = options.keys && createDuplicateKeys(options.keys);
    const sorter = keys && createRecordSorter({ directory, name: 'keys', numSections: keys.numBuckets });
    const kept = createStageOutputs({ directory, template, index, publish });
    const dropped = keepDropped
      ? createDocumentWriter({ directory, template: 'dropped/${rank}.jsonl.zst', rank: index })
      : undefined;

    const dropDocument = async (document: Document, reason: string, step: string): Promise<void> => {
      funnel.read(document.language);
      funnel.dropped(document.language, reason);
      await dropped?.write({ ...document, metadata: { ...document.metadata, drop_reason: reason, drop_step: step } });
    };
    const take = async (read: Document): Promise<void> => {
      let document = read;
      if (dropDuplicates !== undefined) {
        const left = withoutDuplicates(document, dropDuplicates.by, duplicates!);
        if (left === undefined) return dropDocument(document, DUPLICATE_REASONS[dropDuplicates.by], 'dedup');
        if (left.numRemoved > 0)
          funnel.edited(document.language, DUPLICATE_REASONS[dropDuplicates.by], left.numRemoved);
        document = left.document;
      }
      for (const step of made) {
        let result: StepResult | Drop;
        try {
          const answer = step.apply(document);
          result = answer instanceof Promise ? await answer : answer;
        } catch (error) {
          throw new Error(
            `[@marco-ts/data] documentsStage: step ${step.name} must keep or drop a document, got an exception at ${document.id}. See the cause.`,
            { cause: error },
          );
        }
        if (!result.keep) return dropDocument(document, result.reason, step.name);
        document = result.document;
        for (const [edit, count] of Object.entries(result.edits ?? {})) funnel.edited(document.language, edit, count);
      }
      funnel.read(document.language);
      funnel.kept(document.language);
      statistics.count(document);
      keys?.add(document, (bucket, low, high, unit) => sorter!.push(bucket, low, high, index, unit));
      await kept.write(document);
    };

    let outputs: readonly UnitOutput[];
    try {
      for await (const document of file.documents) {
        signal?.throwIfAborted();
        await take(document);
      }
      outputs = await kept.close();
      await dropped?.close();
    } catch (error) {
      await Promise.allSettled([kept.abandon(), dropped?.abandon()]);
      throw error;
    }
    const faults = file.faults();
    const records = sorter?.finish();
    return {
      name: file.name,
      outputs,
      funnel: funnel.toJson(),
      statistics: statistics.toJson(),
      ...(Object.keys(faults).length === 0 ? {} : { faults }),
      ...(records === undefined ? {} : { records }),
    };
  }
}

/** Where a unit keeps its dropped documents. */
export const droppedFile = (unitDirectory: string, index: number): string =>
  join(unitDirectory, 'dropped', `${String(index).padStart(5, '0')}.jsonl.zst`);
