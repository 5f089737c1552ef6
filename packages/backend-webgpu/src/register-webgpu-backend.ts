/**
 * Registers tfjs's WebGPU backend under its usual name `webgpu`, in Node through Dawn and in browsers.
 *
 * Source: the factory in tfjs-backend-webgpu `base.ts`.
 * Differs: works in Node; brings the fused kernels of docs/architecture.md; asks for all the adapter's buffer limits; a missing adapter, a lost device and exhausted memory are errors
 * with a next step.
 */
import * as tf from '@tensorflow/tfjs-core';
import { findGpu } from './find-gpu.ts';
import { registerKernels } from './kernels/register-kernels.ts';
import { type AdapterDescription, describeAdapter, requestAdapter } from './request-adapter.ts';
import { type WatchableDevice, watchDevice } from './watch-device.ts';
import { webGpuError } from './webgpu-error.ts';

export interface WebGpuBackendRecord {
  readonly tfjsName: 'webgpu';
  /** The adapter in its own words. */
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly maxBufferSizeBytes: number;
  /** `browser`, or the version of npm `webgpu`. */
  readonly version: string;
}

export interface WebGpuBackendOptions {
  /** Whether a GPU emulated on the processor will do; default true. */
  readonly allowSoftwareAdapter?: boolean;
}

const WANTED_FEATURES = ['timestamp-query', 'shader-f16', 'subgroups'] as const;
const WANTED_LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/** tfjs holds one backend of a name for the whole program. */
let isRegistered = false;

/**
 * Does not choose the backend: call `tf.setBackend('webgpu')`, or use `initBackend` of `@marco-ts/core`, which does both.
 *
 * @throws Error with a `fix` when Node lacks npm `webgpu`, when there is no adapter, or only an emulated one that was not allowed
 */
export async function registerWebGpuBackend(options: WebGpuBackendOptions = {}): Promise<WebGpuBackendRecord> {
  const { allowSoftwareAdapter = true } = options;
  const { gpu, origin } = await findGpu('registerWebGpuBackend');
  const adapter = await requestAdapter('registerWebGpuBackend', gpu);
  const description = describeAdapter(adapter);
  if (description.isSoftware && !allowSoftwareAdapter) {
    throw webGpuError(
      'registerWebGpuBackend',
      `the adapter must be a real GPU, got ${description.name}, emulated on the processor and slower than the wasm backend.`,
      "Ask for it by name to use it all the same: initBackend({ prefer: ['webgpu'] }).",
    );
  }
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  if (!isRegistered) {
    // Importing the package registered its own factory, which asks for a device that nobody watches.
    if (tf.engine().backendNames().includes('webgpu')) tf.removeBackend('webgpu');
    const device = await requestDevice(adapter);
    tf.registerBackend('webgpu', () => createWatchedBackend(WebGPUBackend, device, adapter.info), 3);
    registerKernels();
    isRegistered = true;
  }
  return Object.freeze(toRecord(description, origin));
}

function toRecord(description: AdapterDescription, version: string): WebGpuBackendRecord {
  const { name, isSoftware, features, maxBufferSizeBytes } = description;
  return { tfjsName: 'webgpu', adapter: name, isSoftware, features, maxBufferSizeBytes, version };
}

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredFeatures = WANTED_FEATURES.filter((feature) => adapter.features.has(feature)) as GPUFeatureName[];
  const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  return adapter.requestDevice({ requiredFeatures, requiredLimits });
}

type WebGPUBackendClass = typeof import('@tensorflow/tfjs-backend-webgpu').WebGPUBackend;

function createWatchedBackend(
  WebGPUBackend: WebGPUBackendClass,
  device: GPUDevice,
  info: GPUAdapterInfo,
): tf.KernelBackend {
  const backend = new WebGPUBackend(device as never, info as never);
  const watch = watchDevice(device as unknown as WatchableDevice);
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    watch.check();
    try {
      return await read(dataId);
    } finally {
      // A lost device rejects with a message of the driver: the reason recorded here says more.
      watch.check();
    }
  };
  const runProgram = backend.runWebGPUProgram.bind(backend);
  backend.runWebGPUProgram = (...programAndInputs) => {
    watch.check();
    return runProgram(...programAndInputs);
  };
  // Our own shaders come here without runWebGPUProgram; the method is private, and there for tfjs's programs too.
  const internals = backend as unknown as { recordAndSubmit(...programAndTensors: unknown[]): void };
  const record = internals.recordAndSubmit.bind(backend);
  internals.recordAndSubmit = (...programAndTensors) => {
    watch.check();
    record(...programAndTensors);
  };
  return backend as unknown as tf.KernelBackend;
}
