/**
 * Runs one suite to its results: cases, what was absent, and the machine.
 */
import { benchError } from './bench-error.ts';
import { nearestName } from './nearest-name.ts';
import type { BenchResults } from './report/bench-results.ts';
import { describeMachine } from './report/describe-machine.ts';
import type { AbsentPeer, BenchCase, BenchSuite, SuiteContext } from './suite.ts';

export interface RunOptions
  extends Pick<
    SuiteContext,
    'rounds' | 'sizeMegabytes' | 'rowsDirectory' | 'threads' | 'only' | 'python' | 'testData'
  > {
  /** Called after each case. */
  readonly onCase?: (measured: BenchCase) => void;
}

/** @throws when no case was measured */
export async function runSuite(suite: BenchSuite, { onCase, ...options }: RunOptions): Promise<BenchResults> {
  const machine = describeMachine();
  const notes: string[] = [];
  const absent: AbsentPeer[] = [];
  const cases: BenchCase[] = [];
  const context: SuiteContext = {
    ...options,
    note(text) {
      if (!notes.includes(text)) notes.push(text);
    },
    absent(name, reason) {
      if (!absent.some((peer) => peer.name === name)) absent.push({ name, reason });
    },
  };
  for await (const measured of suite.run(context)) {
    cases.push(measured);
    onCase?.(measured);
  }
  if (cases.length === 0) {
    const filter = options.only ? ` whose name contains '${options.only}'` : '';
    throw benchError('runSuite', `a suite must measure something, got no case of ${suite.name}${filter}.`);
  }
  return { suite: suite.name, machine: machine(), notes, absent, cases };
}

/** @throws naming the nearest suite and all of them */
export function findSuite(name: string, suites: readonly BenchSuite[]): BenchSuite {
  const suite = suites.find((candidate) => candidate.name === name);
  if (suite) return suite;
  const names = suites.map((candidate) => candidate.name);
  throw benchError(
    'findSuite',
    `the suite must be one of ${names.join(', ')}, got '${name}'. Did you mean '${nearestName(name, names)}'?`,
  );
}
