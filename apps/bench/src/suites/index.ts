/**
 * Every suite of `pnpm bench`, in the order of the list it prints. A new suite is one file beside this one and one line here.
 */
import type { BenchSuite } from '../suite.ts';
import { align } from './align.ts';
import { checkpoint } from './checkpoint.ts';
import { data } from './data.ts';
import { evaluation } from './eval.ts';
import { gemm } from './gemm.ts';
import { generate } from './generate.ts';
import { metrics } from './metrics.ts';
import { ops } from './ops.ts';
import { tokenizer } from './tokenizer.ts';
import { trainLoop } from './train-loop.ts';
import { trainStep } from './train-step.ts';
import { webgpu } from './webgpu.ts';

export const SUITES: readonly BenchSuite[] = [
  gemm,
  ops,
  trainStep,
  trainLoop,
  webgpu,
  tokenizer,
  metrics,
  generate,
  checkpoint,
  align,
  evaluation,
  data,
];
