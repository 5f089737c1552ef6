/**
 * Halves kept beside the float32 tensor that they were rounded from, for as long as it lives: a training step multiplies a weight, an activation and
 * a gradient two to six times each.
 *
 * Units: two bytes an element more than the tensor takes.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { disposeHalves, type Halves, type MatrixPart, toHalves } from '../building-blocks/halves.ts';

interface HalvedCopy {
  readonly halves: Halves;
  readonly rows: number;
  readonly pitch: number;
}

/** By tfjs's own object for the values: tensors never change, and views of one tensor, each with its own rows, share it. */
const copies = new WeakMap<object, HalvedCopy[]>();

/** @param part a whole tensor of [rows, columns]; the halves are disposed with it, not by the caller */
export function halvedCopy(
  backend: WebGPUBackend,
  part: MatrixPart,
  rows: number,
  columns: number,
  pitch: number,
): Halves {
  const { dataId } = part.tensor;
  const known = copies.get(dataId) ?? [];
  const same = known.find((copy) => copy.rows === rows && copy.pitch === pitch);
  if (same !== undefined) return same.halves;
  const halves = toHalves(backend, part, rows, columns, pitch);
  copies.set(dataId, [...known, { halves, rows, pitch }]);
  return halves;
}

export function disposeHalvedCopies(backend: WebGPUBackend, dataId: object): void {
  for (const { halves } of copies.get(dataId) ?? []) disposeHalves(backend, halves);
  copies.delete(dataId);
}
