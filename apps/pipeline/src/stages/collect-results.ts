/** Reads what the stages of a run left on disk into one object for the report. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from '@marco-ts/checkpoint';
import { checkWithOverrides } from '../config/load-recipe.ts';
import { BadInputError } from '../errors.ts';
import { describeMachine } from '../machine/describe-machine.ts';
import type { RunResults, StageResult } from '../report/run-results.ts';
import { RECIPE_FILE, readRunRecord } from '../runner/run-directory.ts';

/** @throws BadInputError when the directory holds no run */
export async function collectResults(directory: string): Promise<RunResults> {
  const record = await readRunRecord(directory);
  if (record === null) {
    throw new BadInputError(
      `[@marco-ts/pipeline] collectResults: a run directory holds a ${RECIPE_FILE}, got none at ${directory}. Name the directory that marco run printed.`,
    );
  }
  const recipe = checkWithOverrides(record.recipe, [], join(directory, RECIPE_FILE));
  const stages: StageResult[] = [];
  let finishedAt = record.startedAt;
  for (const entry of (await readdir(directory)).sort()) {
    if (!/^\d\d-[^.]+$/.test(entry)) continue;
    const manifest = await readManifest(join(directory, entry));
    if (manifest === null) continue;
    const { peakRssBytes, finishedAt: ended } = manifest.notes ?? {};
    stages.push({
      name: manifest.stage,
      title: manifest.stage,
      seconds: manifest.seconds,
      peakRssBytes: typeof peakRssBytes === 'number' ? peakRssBytes : Number.NaN,
      counts: manifest.counts,
    });
    if (typeof ended === 'string' && ended > finishedAt) finishedAt = ended;
  }
  return {
    schemaVersion: 1,
    recipe,
    versions: { node: process.version },
    backend: { name: 'none', why: 'no stage has started one yet' },
    machine: describeMachine(),
    startedAt: record.startedAt,
    finishedAt,
    stages,
    funnel: { read: 0, kept: 0, dropped: [], keptByLanguage: [] },
    mixture: [],
    fertility: [],
    numParameters: 0,
    training: [],
    evaluations: [],
    samples: [],
    cost: {
      seconds: stages.reduce((sum, stage) => sum + stage.seconds, 0),
      peakRssBytes: stages.reduce((most, stage) => Math.max(most, stage.peakRssBytes || 0), 0),
      trainedTokens: 0,
      trainingFlops: 0,
    },
    caveats: [],
    artifacts: [],
  };
}
