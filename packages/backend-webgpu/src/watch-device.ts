/**
 * Turns a lost device and memory that ran out into errors at the next use of the backend.
 *
 * WebGPU reports both beside the program's flow: without this, tensors silently hold zeros.
 */
import { webGpuError } from './webgpu-error.ts';

/** The parts of a device that are watched. */
export interface WatchableDevice {
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  addEventListener(type: 'uncapturederror', listener: (event: { readonly error: Error }) => void): void;
}

export interface DeviceWatch {
  /** @throws Error when the device was lost or ran out of memory since it was made */
  check(): void;
  /** What `check` throws from now on, where nothing went wrong earlier. */
  fail(error: Error): void;
}

export function watchDevice(device: WatchableDevice): DeviceWatch {
  let failure: Error | undefined;
  device.lost.then(({ reason, message }) => {
    failure ??= webGpuError(
      'device',
      `the GPU device must live as long as the backend, got lost (${reason ?? 'unknown'}: ${message || 'no message'}).`,
      'Start the program again from its last checkpoint; when it happens again, use smaller batches or look into the driver log.',
    );
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    // Dawn adds the stack of its calls below the first line.
    const message = error.message.split('\n')[0]!.replace(/\.$/, '');
    const outOfMemory =
      error.constructor.name === 'GPUOutOfMemoryError' || /out of memory|exceeds the max/i.test(message);
    failure ??= outOfMemory
      ? webGpuError(
          'device',
          `tensors must fit into GPU memory, got: ${message}.`,
          'Lower microBatchSize or sequenceLength, or turn recomputation on.',
        )
      : webGpuError(
          'device',
          `the GPU must accept every command, got: ${message}.`,
          'Report it with the adapter name.',
        );
  });
  return {
    check() {
      if (failure !== undefined) throw failure;
    },
    fail(error) {
      failure ??= error;
    },
  };
}
