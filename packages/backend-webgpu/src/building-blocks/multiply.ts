/**
 * Matrix product on parts of buffers: result (+)= A B, each of A and B read plainly or transposed, with a free last step; computed in float32 or
 * on halves, as the device's products say.
 *
 * Shapes: A [M, K] or, transposed, stored as [K, M]; B [K, N] or stored as [N, K].
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Products, productsOf } from '../products/products.ts';
import { runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { storedHalves } from '../storage/float16-storage.ts';
import { halvedCopy } from '../storage/halved-copies.ts';
import { disposeHalves, HALVES_PER_WORD, type Halves, type MatrixPart, toHalves } from './halves.ts';
import { caseKey, type MultiplyCase } from './multiply-case.ts';
import { fewRowsShader, isFewRows } from './multiply-few-rows.ts';
import { chooseSubgroupTiling, isWhole, subgroupProductShader } from './multiply-subgroup-matrices.ts';
import { tileProductShader } from './multiply-tiles.ts';
import { chooseTiling, type TileElement, type Tiling } from './tilings.ts';

export interface MultiplyRun {
  readonly result: MatrixPart;
  readonly a: MatrixPart;
  readonly b: MatrixPart;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly lastStepInputs?: readonly TensorInfo[];
  readonly lastStepUniforms?: Readonly<Record<string, number>>;
  /** Whether `a` and `b` are whole tensors, which never change: their halves are then kept with them. */
  readonly areTensors?: boolean;
}

/** Below this many rows or columns, making halves costs more than it saves. */
const MIN_HALVED_SIDE = 32;

/** Whether a product is computed on halves: where the device is to, and wherever an operand is stored as halves. */
export function usesHalves(
  { a, b, M, N }: Pick<MultiplyRun, 'a' | 'b' | 'M' | 'N'>,
  { kind }: Pick<Products, 'kind'>,
): boolean {
  if (storedHalves(a.tensor) || storedHalves(b.tensor)) return true;
  return kind !== 'f32' && Math.min(M, N) >= MIN_HALVED_SIDE;
}

/** @param products default: the device's own */
export function multiply(
  backend: WebGPUBackend,
  what: MultiplyCase,
  run: MultiplyRun,
  products: Products = productsOf(backend),
): void {
  if (usesHalves(run, products)) multiplyHalves(backend, what, run, products);
  else {
    const tiling = chooseTiling('f32', run.M, run.N, products.limits);
    const workgroups = tileWorkgroups(run, tiling);
    runProduct(backend, tileShader(what, 'f32', tiling), workgroups, run, [run.a.tensor, run.b.tensor]);
  }
}

function multiplyHalves(backend: WebGPUBackend, what: MultiplyCase, run: MultiplyRun, products: Products): void {
  const { M, N, K, areTensors = false } = run;
  const a = halvesOf(backend, run.a, what.transposeA ? K : M, what.transposeA ? M : K, areTensors);
  const b = halvesOf(backend, run.b, what.transposeB ? N : K, what.transposeB ? K : N, areTensors);
  const { shader, workgroups } = halvesShader(backend, what, run, products, a.isWhole && b.isWhole);
  const onHalves = { ...run, a: a.part, b: b.part };
  runProduct(backend, shader, workgroups, onHalves, [a.part.tensor, b.part.tensor, a.halves.unit, b.halves.unit]);
  for (const { halves, isKept } of [a, b]) if (!isKept) disposeHalves(backend, halves);
}

type Workgroups = readonly [number, number, number];

function halvesShader(
  backend: WebGPUBackend,
  what: MultiplyCase,
  run: MultiplyRun,
  { kind, limits, subgroupMatrix }: Products,
  areWhole: boolean,
): { shader: Shader; workgroups: Workgroups } {
  const { M, N } = run;
  if (isFewRows(what, M)) return { shader: fewRowsShader(what, M), workgroups: spread(backend, N) };
  if (kind === 'subgroup-matrix' && subgroupMatrix && areWhole) {
    const tiling = chooseSubgroupTiling(subgroupMatrix, M, N, limits);
    const shader = shaderOnce(['matrices', ...Object.values(subgroupMatrix), ...namesOf(what, tiling)], () =>
      subgroupProductShader(what, subgroupMatrix, tiling),
    );
    return { shader, workgroups: tileWorkgroups(run, tiling) };
  }
  const tiling = chooseTiling('f16', M, N, limits);
  return { shader: tileShader(what, 'f16', tiling), workgroups: tileWorkgroups(run, tiling) };
}

function tileShader(what: MultiplyCase, element: TileElement, tiling: Tiling): Shader {
  return shaderOnce([element, ...namesOf(what, tiling)], () => tileProductShader(what, element, tiling));
}

/** Putting a shader's parts together takes longer than a small product. */
const shaders = new Map<string, Shader>();

function shaderOnce(names: readonly (string | number)[], create: () => Shader): Shader {
  const key = names.join(' ');
  let shader = shaders.get(key);
  if (shader === undefined) {
    shader = create();
    shaders.set(key, shader);
  }
  return shader;
}

function namesOf(what: MultiplyCase, { tile, depth }: { readonly tile: number; readonly depth: number }) {
  return [caseKey(what), tile, depth];
}

function tileWorkgroups({ M, N }: MultiplyRun, { tile }: { readonly tile: number }): Workgroups {
  return [Math.ceil(N / tile), Math.ceil(M / tile), 1];
}

interface HalvedPart {
  readonly halves: Halves;
  /** Where the matrix lies in `halves.bits`. */
  readonly part: MatrixPart;
  readonly isKept: boolean;
  /** Whether its rows can be read by 16-byte words, as matrix units want them. */
  readonly isWhole: boolean;
}

/** The halves that the tensor is stored as, those kept with it, or new ones of this part alone. */
function halvesOf(
  backend: WebGPUBackend,
  part: MatrixPart,
  rows: number,
  columns: number,
  isTensor: boolean,
): HalvedPart {
  const stored = storedHalves(part.tensor);
  if (stored) {
    const bits = { ...part, tensor: stored.bits };
    return { halves: stored, part: bits, isKept: true, isWhole: isWhole(bits, columns) };
  }
  const pitch = HALVES_PER_WORD * Math.ceil(columns / HALVES_PER_WORD);
  const make = isTensor ? halvedCopy : toHalves;
  const halves = make(backend, part, rows, columns, pitch);
  return { halves, part: { tensor: halves.bits, start: 0, pitch }, isKept: isTensor, isWhole: true };
}

function runProduct(
  backend: WebGPUBackend,
  shader: Shader,
  workgroups: Workgroups,
  run: MultiplyRun,
  operands: readonly TensorInfo[],
): void {
  const { result, a, b, M, N, K, lastStepInputs = [], lastStepUniforms } = run;
  const parts = { aStart: a.start, aPitch: a.pitch, bStart: b.start, bPitch: b.pitch };
  const uniforms = { M, N, K, ...parts, resultStart: result.start, resultPitch: result.pitch, ...lastStepUniforms };
  runShader(backend, shader, {
    outputs: [result.tensor],
    inputs: [...operands, ...lastStepInputs],
    uniforms,
    workgroups,
  });
}
