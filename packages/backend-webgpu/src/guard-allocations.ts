/**
 * Makes memory that does not suffice an error that names the tensor: before the device is asked where the adapter's limits tell it, else as
 * soon as the device has answered.
 */
import { util } from '@tensorflow/tfjs-core';
import type { DeviceWatch } from './watch-device.ts';
import { webGpuError } from './webgpu-error.ts';

/** The parts of a backend that are guarded. */
export interface GuardableBackend {
  readonly device: {
    readonly limits: { readonly maxBufferSize: number; readonly maxStorageBufferBindingSize: number };
    pushErrorScope(filter: 'out-of-memory'): void;
    popErrorScope(): Promise<{ readonly message: string } | null>;
  };
  readonly tensorMap: { get(dataId: object): { shape: number[]; dtype: string; resource?: unknown } };
  uploadToGPU(dataId: object): void;
}

/** Smaller ones come out of pages that are held already; their failure is told without a name. */
const MIN_ASKED_BYTES = 2 ** 20;
const WAY_OUT = 'Lower microBatchSize or sequenceLength, turn recomputation on, or split the tensor.';

export function guardAllocations(backend: GuardableBackend, watch: Pick<DeviceWatch, 'fail'>): void {
  const { device } = backend;
  const limit =
    device.limits.maxBufferSize < device.limits.maxStorageBufferBindingSize
      ? 'maxBufferSize'
      : 'maxStorageBufferBindingSize';
  const uploadToGPU = backend.uploadToGPU.bind(backend);
  backend.uploadToGPU = (dataId) => {
    const { shape, dtype, resource } = backend.tensorMap.get(dataId);
    const sizeBytes = 4 * util.sizeFromShape(shape);
    if (resource || sizeBytes < MIN_ASKED_BYTES) return uploadToGPU(dataId);
    const words = `${dtype} [${shape.join(', ')}] of ${sizeBytes} bytes`;
    if (sizeBytes > device.limits[limit]) {
      throw webGpuError(
        'allocate',
        `a tensor must fit into one buffer, ${limit} ${device.limits[limit]} bytes on this adapter, got ${words}.`,
        WAY_OUT,
      );
    }
    device.pushErrorScope('out-of-memory');
    uploadToGPU(dataId);
    device.popErrorScope().then(
      (error) => {
        if (error === null) return;
        const reason = error.message.split('\n')[0]!.replace(/\.$/, '');
        watch.fail(webGpuError('allocate', `tensors must fit into GPU memory, got ${words}: ${reason}.`, WAY_OUT));
      },
      () => {}, // the device is lost, which the watch tells
    );
  };
}
