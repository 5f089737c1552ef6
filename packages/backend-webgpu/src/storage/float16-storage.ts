/**
 * Tensors whose values lie on the device as halves: float32 to tfjs, two bytes an element in memory. Products read them as they are; any other
 * operation turns them back into float32, for good.
 *
 * Made for frozen weights: generation, a reference model, the base under LoRA.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { disposeHalves, type Halves, toHalves, widen } from '../building-blocks/halves.ts';
import { allocate } from '../runtime/run-shader.ts';
import { disposeHalvedCopies } from './halved-copies.ts';

/** By tfjs's own object for the values, which views of a tensor share. */
const stored = new WeakMap<object, Halves>();

export function storedHalves({ dataId }: TensorInfo): Halves | undefined {
  return stored.get(dataId);
}

/**
 * @param x float32, not empty; not disposed
 * @returns a tensor with x's shape and its values rounded to halves, owned by the caller
 */
export function storeAsHalves(backend: WebGPUBackend, x: TensorInfo): TensorInfo {
  const size = util.sizeFromShape(x.shape);
  const result = allocate(backend, x.shape);
  stored.set(result.dataId, toHalves(backend, { tensor: x, start: 0, pitch: size }, 1, size));
  return result;
}

/** Makes a backend widen stored tensors before anything but a product reads them, and free halves with their tensors. */
export function supportStoredHalves(backend: WebGPUBackend): void {
  const uploadToGPU = backend.uploadToGPU.bind(backend);
  backend.uploadToGPU = (dataId) => {
    uploadToGPU(dataId);
    const halves = stored.get(dataId);
    if (halves === undefined) return;
    stored.delete(dataId);
    const { shape } = backend.tensorMap.get(dataId);
    widen(backend, halves, { dataId, shape, dtype: 'float32' }, util.sizeFromShape(shape));
    disposeHalves(backend, halves);
  };
  const disposeData = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force) => {
    const halves = stored.get(dataId);
    const isGone = disposeData(dataId, force);
    if (isGone) disposeHalvedCopies(backend, dataId);
    if (isGone && halves !== undefined) {
      stored.delete(dataId);
      disposeHalves(backend, halves);
    }
    return isGone;
  };
  const shouldExecuteOnCPU = backend.shouldExecuteOnCPU.bind(backend);
  // tfjs takes tensors without a buffer for values that it still holds itself.
  backend.shouldExecuteOnCPU = (inputs, threshold) =>
    !inputs.some((tensor) => stored.has(tensor.dataId)) && shouldExecuteOnCPU(inputs, threshold);
  const readSync = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    if (stored.has(dataId)) backend.uploadToGPU(dataId);
    return readSync(dataId);
  };
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    if (stored.has(dataId)) backend.uploadToGPU(dataId);
    return read(dataId);
  };
}
