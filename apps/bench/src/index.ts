export { findPython, type Python } from './contestants/find-python.ts';
export {
  type ContestantProcess,
  type ProcessOptions,
  type StartedProcess,
  startProcess,
} from './contestants/start-process.ts';
export { alternate, type Contestant } from './measure/alternate.ts';
export { type CaseMeasurements, compareCase, timesBetter } from './measure/compare-case.ts';
export { medianAndSpread, type Spread } from './measure/spread.ts';
export type { BenchResults } from './report/bench-results.ts';
export { describeMachine, type Machine } from './report/describe-machine.ts';
export { formatTable } from './report/format-table.ts';
export { writeResults } from './report/results-writer.ts';
export { findSuite, type RunOptions, runSuite } from './run-suite.ts';
export type { AbsentPeer, BenchCase, BenchSuite, Better, PeerResult, SuiteContext } from './suite.ts';
export { SUITES } from './suites/index.ts';
