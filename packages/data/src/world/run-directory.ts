/**
 * Where everything of a data run lies: the plan, the list of inputs, and for each stage its units, its ranks and their logs.
 *
 *     <output>/plan.json, inputs.json
 *     <output>/stages/<stage>/units/000007/      what unit 7 wrote, and unit.json; there as a whole or not at all
 *     <output>/stages/<stage>/ranks/0001-of-0004.json, logs/0001-of-0004.log, writing/0001-of-0004/
 *
 * A stage is cut into units that do not depend on the number of ranks; rank r of N does units r, r + N, r + 2N and so on.
 */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnitReport } from './unit-report.ts';

/** Paths of a run and what is complete in it. */
export interface RunDirectory {
  readonly path: string;
  /** Path of a stage's directory. */
  stage(name: string): string;
  /** Path of a unit's directory. */
  unit(stage: string, index: number): string;
  /** Whether a unit is there, which it is as a whole or not at all. */
  isUnitComplete(stage: string, index: number): boolean;
  /** Units that are complete. */
  numCompleteUnits(stage: string): number;
  /** @throws Error when the unit is not complete, or its report cannot be read */
  readUnit(stage: string, index: number): Promise<UnitReport>;
}

export const UNIT_FILE = 'unit.json';

export const unitName = (index: number): string => String(index).padStart(6, '0');

/** `0001-of-0004`. */
export const rankName = (rank: number, worldSize: number): string =>
  `${String(rank).padStart(4, '0')}-of-${String(worldSize).padStart(4, '0')}`;

/**
 * The places of a run.
 *
 * @param path of the run; nothing is read or made before it is asked for
 */
export function openRunDirectory(path: string): RunDirectory {
  const stage = (name: string): string => join(path, 'stages', name);
  const unit = (name: string, index: number): string => join(stage(name), 'units', unitName(index));
  return {
    path,
    stage,
    unit,
    isUnitComplete: (name, index) => existsSync(unit(name, index)),
    numCompleteUnits: (name) => {
      const units = join(stage(name), 'units');
      return existsSync(units) ? readdirSync(units).length : 0;
    },
    readUnit: async (name, index) => {
      const file = join(unit(name, index), UNIT_FILE);
      try {
        return JSON.parse(await readFile(file, 'utf8')) as UnitReport;
      } catch (error) {
        throw new Error(
          `[@marco-ts/data] readUnit: unit ${index} of stage ${name} must be complete, got ${error instanceof Error ? error.message : String(error)} at ${file}. Run the stage again.`,
          { cause: error },
        );
      }
    },
  };
}
