/**
 * A data plan as tables, before anything is written: its inputs, and its stages with their units and ranks.
 */
import { compilePlan, type DataPlan, listPlanInputs, openRunDirectory } from '@marco-ts/data';
import { formatTable } from '../../console/format-table.ts';
import { formatBytes } from '../../format/format-quantity.ts';

export interface ShownPlan {
  readonly name: string;
  readonly output: string;
  readonly worldSize: number;
  readonly inputs: readonly {
    readonly path: string;
    readonly numFiles: number;
    readonly sizeBytes: number;
    readonly formats: readonly string[];
  }[];
  readonly stages: readonly {
    readonly stage: string;
    readonly does: string;
    /** absent where it depends on the stages before */
    readonly numUnits?: number;
    readonly numRanks: number;
    readonly numComplete: number;
  }[];
}

export async function describePlan(plan: DataPlan): Promise<ShownPlan> {
  const run = openRunDirectory(plan.output);
  const listed = await listPlanInputs(plan);
  const stages = compilePlan(plan, run);
  const isOverInputs = (index: number): boolean =>
    stages.slice(0, index).every(({ name }) => !name.endsWith('-documents'));
  return {
    name: plan.name,
    output: plan.output,
    worldSize: plan.worldSize,
    inputs: plan.inputs.map(({ path }, index) => {
      const files = listed.filter(({ input }) => input === index);
      return {
        path,
        numFiles: files.length,
        sizeBytes: files.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0),
        formats: [...new Set(files.map(({ format }) => format))],
      };
    }),
    stages: stages.map((stage, index) => {
      const numUnits = stage.fixedUnits ?? (isOverInputs(index) ? listed.length : undefined);
      return {
        stage: stage.name,
        does: stage.summary,
        ...(numUnits === undefined ? {} : { numUnits }),
        numRanks: Math.min(plan.worldSize, numUnits ?? plan.worldSize),
        numComplete: run.numCompleteUnits(stage.name),
      };
    }),
  };
}

export function planTables(shown: ShownPlan): string {
  const inputs = formatTable(
    [{ title: 'input' }, { title: 'files' }, { title: 'size' }, { title: 'formats', align: 'left' }],
    shown.inputs.map(({ path, numFiles, sizeBytes, formats }) => [
      path,
      `${numFiles}`,
      formatBytes(sizeBytes),
      formats.join(', '),
    ]),
  );
  const stages = formatTable(
    [
      { title: 'stage' },
      { title: 'units' },
      { title: 'ranks' },
      { title: 'done' },
      { title: 'what it does', align: 'left' },
    ],
    shown.stages.map(({ stage, does, numUnits, numRanks, numComplete }) => [
      stage,
      numUnits === undefined ? 'later' : `${numUnits}`,
      `${numRanks}`,
      `${numComplete}`,
      does,
    ]),
  );
  return `${shown.name} into ${shown.output}\n\n${inputs}\n\n${stages}\n`;
}
