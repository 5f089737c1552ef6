/**
 * What a suite of benchmarks is, and what it hands back.
 *
 * Units: `ours` and the peers' values are medians in the case's own unit.
 */
import type { Python } from './contestants/find-python.ts';
import type { Spread } from './measure/spread.ts';

/** Whether a larger value of the unit is the better one: GFLOP/s are `higher`, seconds and MiB are `lower`. */
export type Better = 'higher' | 'lower';

export interface PeerResult {
  /** Plain: openblas, torch, transformers, tfjs-wasm, tfjs-node, tokenizers-rust, tokenizers-js, python, sacrebleu, copy and so on. */
  readonly name: string;
  readonly value: number;
  readonly spread: Spread;
  /** How many times better we are: 1 is equal, 2 is twice as good, whatever the unit. */
  readonly ratio: number;
}

export interface BenchCase {
  readonly case: string;
  readonly unit: string;
  readonly better: Better;
  readonly ours: number;
  readonly spread: Spread;
  readonly peers: readonly PeerResult[];
}

/** A peer that could not be measured, and why. */
export interface AbsentPeer {
  readonly name: string;
  readonly reason: string;
}

export interface SuiteContext {
  /** Rounds in which all take one turn each; undefined: the suite's own number. */
  readonly rounds: number | undefined;
  /** Size of the text that whole plans run over; undefined: the suite's own number. */
  readonly sizeMegabytes?: number | undefined;
  /** Directory of data sets whose rows are asked; undefined: made rows. */
  readonly rowsDirectory?: string | undefined;
  /** Threads that ours and the peers may use. */
  readonly threads: number;
  /** Only the cases whose name contains this. */
  readonly only: string;
  /** The Python that runs the peers. */
  readonly python: Python;
  /** Folder of real test data (MARCO_TEST_DATA); undefined when there is none. */
  readonly testData: string | undefined;
  /** Says once in the table and the results that a peer is absent, and why. */
  absent(peer: string, reason: string): void;
  /** A fact that the reader of the numbers needs: a version, a shape, what was chosen. */
  note(text: string): void;
}

export interface BenchSuite {
  readonly name: string;
  /** One line for the list of suites. */
  readonly summary: string;
  /** Yields each case when it is measured. */
  run(context: SuiteContext): AsyncIterable<BenchCase>;
}
