/**
 * Registers tfjs's WebGPU backend under its usual name `webgpu`, in Node through Dawn and in browsers.
 *
 * Source: the factory in tfjs-backend-webgpu `base.ts`.
 * Differs: works in Node; brings the fused kernels of docs/architecture.md; asks for all the adapter's buffer limits; a missing adapter, a lost device and exhausted memory are errors
 * with a next step.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { findGpu } from './find-gpu.ts';
import { type GuardableBackend, guardAllocations } from './guard-allocations.ts';
import { registerKernels } from './kernels/register-kernels.ts';
import { checkProducts } from './products/check-products.ts';
import { chooseProducts, type ProductAdapter, SUBGROUP_MATRIX_FEATURE } from './products/choose-products.ts';
import { PRODUCT_KINDS, type ProductKind, type Products, setProducts } from './products/products.ts';
import { type AdapterDescription, describeAdapter, requestAdapter } from './request-adapter.ts';
import { supportStoredHalves } from './storage/float16-storage.ts';
import { type WatchableDevice, watchDevice } from './watch-device.ts';
import { webGpuError } from './webgpu-error.ts';

/** The adapter that was taken and what it can do. */
export interface WebGpuBackendRecord {
  readonly tfjsName: 'webgpu';
  /** The adapter in its own words. */
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly maxBufferSizeBytes: number;
  /** `browser`, or the version of npm `webgpu`. */
  readonly version: string;
  /** What matrix products are computed with; other than asked where `notes` says why. */
  readonly products: ProductKind;
  /** What was turned off, and why. */
  readonly notes: readonly string[];
}

/** Which adapters will do, and how matrix products are computed. */
export interface WebGpuBackendOptions {
  /** Whether a GPU emulated on the processor will do; default true. */
  readonly allowSoftwareAdapter?: boolean;
  /**
   * Default `f32`. `f16` rounds the operands of large products to halves, `subgroup-matrix` multiplies those by matrix units; sums stay
   * float32. tfjs holds one WebGPU backend for the whole program: the first registration decides.
   */
  readonly products?: ProductKind;
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

/** Runs that are submitted together; tfjs's 15 costs a tenth of a training step. What they let go of is free only afterwards. */
const SUBMIT_BATCH_SIZE = 32;

/** tfjs holds one backend of a name for the whole program. */
let registered: WebGpuBackendRecord | undefined;

/**
 * Does not choose the backend: call `tf.setBackend('webgpu')`, or use `initBackend` of `@marco-ts/core`, which does both.
 *
 * @throws Error with a `fix` when Node lacks npm `webgpu`, when there is no adapter, or only an emulated one that was not allowed; when the
 *   adapter cannot compute the products that were asked for, or the backend was registered with others
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
  const asked = chooseProducts(options.products ?? registered?.products ?? 'f32', adapter as unknown as ProductAdapter);
  if (registered !== undefined) {
    if (options.products !== undefined && options.products !== registered.products) {
      throw webGpuError(
        'registerWebGpuBackend',
        `a program has one WebGPU backend, got products ${options.products} after ${registered.products}.`,
        'Start another program for other products.',
      );
    }
    return registered;
  }
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  // Importing the package registered its own factory, which asks for a device that nobody watches.
  if (tf.engine().backendNames().includes('webgpu')) tf.removeBackend('webgpu');
  const device = await requestDevice(adapter, asked);
  const backend = createWatchedBackend(WebGPUBackend, device, adapter.info);
  const { products, notes } = await checkedProducts(backend, asked);
  setProducts(device, products);
  tf.registerBackend('webgpu', () => backend as unknown as tf.KernelBackend, 3);
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', SUBMIT_BATCH_SIZE);
  registerKernels({ storesHalves: device.features.has('shader-f16') });
  registered = Object.freeze({ ...toRecord(description, origin), products: products.kind, notes });
  return registered;
}

function toRecord({ name, isSoftware, features, maxBufferSizeBytes }: AdapterDescription, version: string) {
  return { tfjsName: 'webgpu', adapter: name, isSoftware, features, maxBufferSizeBytes, version } as const;
}

async function requestDevice(adapter: GPUAdapter, { kind }: Products): Promise<GPUDevice> {
  const wanted = kind === 'subgroup-matrix' ? [...WANTED_FEATURES, SUBGROUP_MATRIX_FEATURE] : WANTED_FEATURES;
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature)) as GPUFeatureName[];
  const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  return adapter.requestDevice({ requiredFeatures, requiredLimits });
}

/** Goes from what was asked for down to the first products that the device computes right. */
async function checkedProducts(
  backend: WebGPUBackend,
  asked: Products,
): Promise<{ products: Products; notes: readonly string[] }> {
  const notes: string[] = [];
  for (const kind of PRODUCT_KINDS.slice(1, PRODUCT_KINDS.indexOf(asked.kind) + 1).toReversed()) {
    const products: Products = { ...asked, kind };
    const difference = await checkProducts(backend, products);
    if (difference === undefined) return { products, notes };
    notes.push(`products of ${kind} are off on this adapter: ${difference}`);
  }
  return { products: { ...asked, kind: 'f32' }, notes };
}

function createWatchedBackend(
  WebGPUBackendClass: typeof WebGPUBackend,
  device: GPUDevice,
  info: GPUAdapterInfo,
): WebGPUBackend {
  const backend = new WebGPUBackendClass(device as never, info as never);
  const watch = watchDevice(device as unknown as WatchableDevice);
  guardAllocations(backend as unknown as GuardableBackend, watch);
  supportStoredHalves(backend);
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
  return backend;
}
