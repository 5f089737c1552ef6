/**
 * What a run read, kept and dropped, and what its documents are like: the reports of all units, summed.
 *
 * Law: over the whole run kept + dropped = read, because what a stage keeps is what the next one reads.
 */
import { createFunnel, type Funnel, type FunnelReport } from '../filters/create-funnel.ts';
import { createDocumentStatistics, type DocumentStatistics } from './document-statistics.ts';
import type { RunDirectory } from './run-directory.ts';
import type { Stage } from './stage.ts';
import type { UnitReport } from './unit-report.ts';

/** The counts of one stage. */
export interface StageStatistics {
  readonly stage: string;
  readonly numUnits: number;
  readonly funnel?: FunnelReport;
  readonly statistics?: DocumentStatistics;
  readonly faults: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** The counts of a whole run. */
export interface RunStatistics {
  readonly stages: readonly StageStatistics[];
  /** Of the whole run; a language is the one a document had when it was dropped or kept. */
  readonly funnel: FunnelReport;
  /** Of the documents that the last stage with documents wrote. */
  readonly statistics: DocumentStatistics;
  /** What could not be read, by reason. */
  readonly faults: Readonly<Record<string, number>>;
}

function addCounts(sum: Record<string, number>, counts: Readonly<Record<string, number>> = {}): void {
  for (const [name, count] of Object.entries(counts)) {
    // The largest of the largest; all others add up.
    sum[name] = name.startsWith('largest') ? Math.max(sum[name] ?? 0, count) : (sum[name] ?? 0) + count;
  }
}

async function sumStage(stage: string, reports: AsyncIterable<UnitReport>): Promise<StageStatistics> {
  const funnel = createFunnel();
  const statistics = createDocumentStatistics();
  const faults: Record<string, number> = {};
  const counts: Record<string, number> = {};
  let numUnits = 0;
  let [hasFunnel, hasStatistics] = [false, false];
  for await (const report of reports) {
    numUnits++;
    if (report.funnel !== undefined) {
      hasFunnel = true;
      funnel.add(report.funnel);
    }
    if (report.statistics !== undefined) {
      hasStatistics = true;
      statistics.add(report.statistics);
    }
    addCounts(faults, report.faults);
    addCounts(counts, report.counts);
  }
  return {
    stage,
    numUnits,
    ...(hasFunnel ? { funnel: funnel.toJson() } : {}),
    ...(hasStatistics ? { statistics: statistics.toJson() } : {}),
    faults,
    counts,
  };
}

/** Dropped by any stage, kept by the last one. */
function wholeFunnel(reports: readonly FunnelReport[]): Funnel {
  const whole = createFunnel();
  for (const [index, report] of reports.entries()) {
    const isLast = index === reports.length - 1;
    const languages = Object.entries(report.languages).map(([language, counts]) => {
      const numDropped = Object.values(counts.dropped).reduce((sum, count) => sum + count, 0);
      const kept = isLast ? counts.kept : 0;
      return [language, { ...counts, kept, read: numDropped + kept }] as const;
    });
    whole.add({ ...report, languages: Object.fromEntries(languages) });
  }
  return whole;
}

async function* completeUnits(run: RunDirectory, stage: Stage): AsyncGenerator<UnitReport> {
  for (let index = 0, found = 0; found < run.numCompleteUnits(stage.name); index++) {
    if (!run.isUnitComplete(stage.name, index)) continue;
    found++;
    yield await run.readUnit(stage.name, index);
  }
}

/** Sums the units that are complete; a run under way gives what it has so far. */
export async function runStatistics(run: RunDirectory, stages: readonly Stage[]): Promise<RunStatistics> {
  const found: StageStatistics[] = [];
  for (const stage of stages) {
    if (run.numCompleteUnits(stage.name) > 0) found.push(await sumStage(stage.name, completeUnits(run, stage)));
  }
  const faults: Record<string, number> = {};
  for (const stage of found) addCounts(faults, stage.faults);
  return {
    stages: found,
    funnel: wholeFunnel(found.flatMap(({ funnel }) => funnel ?? [])).toJson(),
    statistics: found.findLast((stage) => stage.statistics !== undefined)?.statistics ?? {},
    faults,
  };
}
