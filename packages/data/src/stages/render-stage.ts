/**
 * The stage that makes training documents of translation pairs: a unit is one file of pairs, and gives documents in the target's language.
 */
import type { ParallelPair } from '../parallel/align-paragraphs.ts';
import { type RenderParallelOptions, renderParallel } from '../parallel/render-parallel.ts';
import { pairOfDocument } from '../readers/pairs/pair-document.ts';
import { createDocumentStatistics } from '../world/document-statistics.ts';
import type { Stage, UnitContext } from '../world/stage.ts';
import type { UnitResult } from '../world/unit-report.ts';
import { createStageOutputs } from './stage-outputs.ts';
import type { StageSource } from './stage-source.ts';

export interface RenderStageOptions {
  readonly name: string;
  readonly summary: string;
  readonly source: StageSource;
  readonly template: string;
  readonly publish: boolean;
  readonly render: RenderParallelOptions;
}

/** So many pairs are held at once; pairs that share a document are drawn from among them. */
const MAX_HELD_PAIRS = 16_384;

export function renderStage({ name, summary, source, template, publish, render }: RenderStageOptions): Stage {
  return { name, summary, countUnits: (run) => source.countFiles(run), runUnit };

  async function runUnit(index: number, { run, directory, signal }: UnitContext): Promise<UnitResult> {
    const file = await source.openFile(run, index, signal);
    const outputs = createStageOutputs({ directory, template, index, publish });
    const statistics = createDocumentStatistics();
    const counts = { numPairs: 0, numDocuments: 0 };
    let held: ParallelPair[] = [];
    const writeHeld = async (): Promise<void> => {
      for (const document of renderParallel(held, render)) {
        counts.numDocuments++;
        statistics.count(document);
        await outputs.write(document);
      }
      held = [];
    };
    try {
      for await (const document of file.documents) {
        signal?.throwIfAborted();
        held.push(pairOfDocument(document)!);
        counts.numPairs++;
        if (held.length === MAX_HELD_PAIRS) await writeHeld();
      }
      await writeHeld();
      return { name: file.name, outputs: await outputs.close(), statistics: statistics.toJson(), counts };
    } catch (error) {
      await outputs.abandon();
      throw error;
    }
  }
}
