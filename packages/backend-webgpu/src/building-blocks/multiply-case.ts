/**
 * What every shader of a matrix product shares: which matrices are transposed, how a sum becomes an element of the result.
 */
import type { Shader } from '../runtime/run-shader.ts';
import type { TileElement } from './tilings.ts';

export interface LastStep {
  readonly key: string;
  readonly inputs: Shader['inputs'];
  readonly uniforms: Shader['uniforms'];
  /** WGSL of `fn lastStep(row: i32, column: i32, product: f32) -> f32`; all of `inputs` must be used. */
  readonly code: string;
}

export interface MultiplyCase {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Whether to add to what `result` holds. */
  readonly accumulate: boolean;
  readonly lastStep?: LastStep;
}

export const MULTIPLY_UNIFORMS = {
  M: 'i32',
  N: 'i32',
  K: 'i32',
  aStart: 'i32',
  aPitch: 'i32',
  bStart: 'i32',
  bPitch: 'i32',
  resultStart: 'i32',
  resultPitch: 'i32',
} as const;

/** Names all that the code of a case depends on. */
export function caseKey({ transposeA, transposeB, accumulate, lastStep }: MultiplyCase): string {
  return `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}${accumulate ? ' accumulate' : ''} ${lastStep?.key ?? ''}`;
}

/** Halves come with the unit of each matrix. */
export function operandInputs({ lastStep }: MultiplyCase, element: TileElement): Shader['inputs'] {
  const units = element === 'f16' ? ({ aUnit: 'f32', bUnit: 'f32' } as const) : {};
  return { a: element, b: element, ...units, ...lastStep?.inputs };
}

/** WGSL of `store(row, column, sum)`, which leaves out what lies beyond the result. */
export function storeFunction({ accumulate, lastStep }: MultiplyCase, element: TileElement): string {
  const product = element === 'f16' ? 'sum * aUnit[0] * bUnit[0]' : 'sum';
  return `${lastStep?.code ?? 'fn lastStep(row: i32, column: i32, product: f32) -> f32 { return product; }'}
fn store(row: i32, column: i32, sum: f32) {
  if (row >= uniforms.M || column >= uniforms.N) { return; }
  let place = uniforms.resultStart + row * uniforms.resultPitch + column;
  result[place] = ${accumulate ? 'result[place] + ' : ''}lastStep(row, column, ${product});
}`;
}
