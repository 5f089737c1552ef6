/**
 * Documents that a run kept or dropped, in the order of its files, to look at.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from '../document.ts';
import { droppedFile } from '../stages/documents-stage.ts';
import { readStageFile } from '../stages/stage-source.ts';
import type { RunDirectory } from './run-directory.ts';
import type { Stage } from './stage.ts';

/** A document, and why it was dropped if it was. */
export interface InspectedDocument {
  readonly stage: string;
  readonly document: Document;
  /** Absent for documents that were kept. */
  readonly reason?: string;
  readonly step?: string;
}

/** What each stage dropped, first stage first; empty where the plan had not `keepDropped`. */
export async function* droppedDocuments(
  run: RunDirectory,
  stages: readonly Stage[],
): AsyncGenerator<InspectedDocument> {
  for (const { name: stage } of stages) {
    for (let index = 0; run.isUnitComplete(stage, index); index++) {
      const location = droppedFile(run.unit(stage, index), index);
      if (!existsSync(location)) continue;
      for await (const document of readStageFile(location, location)) {
        const { drop_reason: reason, drop_step: step } = document.metadata;
        yield { stage, document, reason: String(reason), step: String(step) };
      }
    }
  }
}

/** What the last stage with documents kept. */
export async function* keptDocuments(run: RunDirectory, stages: readonly Stage[]): AsyncGenerator<InspectedDocument> {
  const last = stages.findLast(({ name }) => /-(documents|render)$/.test(name) && run.isUnitComplete(name, 0));
  if (last === undefined) return;
  for (let index = 0; run.isUnitComplete(last.name, index); index++) {
    const { outputs } = await run.readUnit(last.name, index);
    for (const { file } of outputs) {
      const location = join(run.unit(last.name, index), file);
      for await (const document of readStageFile(location, location)) yield { stage: last.name, document };
    }
  }
}
