/**
 * What a run of a suite leaves in `bench/results/<suite>.json`.
 */
import type { AbsentPeer, BenchCase } from '../suite.ts';
import type { Machine } from './describe-machine.ts';

export interface BenchResults {
  readonly suite: string;
  readonly machine: Machine;
  readonly notes: readonly string[];
  readonly absent: readonly AbsentPeer[];
  readonly cases: readonly BenchCase[];
}
