/**
 * Every suite of `pnpm bench`, in the order of the list it prints. A new suite is one file beside this one and one line here.
 */
import type { BenchSuite } from '../suite.ts';
import { gemm } from './gemm.ts';
import { ops } from './ops.ts';
import { trainStep } from './train-step.ts';

export const SUITES: readonly BenchSuite[] = [gemm, ops, trainStep];
