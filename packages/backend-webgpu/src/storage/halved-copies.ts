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

/** By tfjs's own object for the values: tensors never change, and views of one tensor share it. */
const copies = new WeakMap<object, HalvedCopy>();

/** @param part a whole tensor of [rows, columns]; the halves are disposed with it, not by the caller */
export function halvedCopy(
  backend: WebGPUBackend,
  part: MatrixPart,
  rows: number,
  columns: number,
  pitch: number,
): Halves {
  const { dataId } = part.tensor;
  const known = copies.get(dataId);
  if (known?.rows === rows && known.pitch === pitch) return known.halves;
  disposeHalvedCopy(backend, dataId);
  const halves = toHalves(backend, part, rows, columns, pitch);
  copies.set(dataId, { halves, rows, pitch });
  return halves;
}

export function disposeHalvedCopy(backend: WebGPUBackend, dataId: object): void {
  const known = copies.get(dataId);
  if (known === undefined) return;
  copies.delete(dataId);
  disposeHalves(backend, known.halves);
}
