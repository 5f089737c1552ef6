/**
 * Which matrix products a device computes: chosen once when the backend starts, asked for by every kernel.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { TilingLimits } from '../building-blocks/tilings.ts';

/** `f32`; `f16`: operands are rounded to halves, sums stay float32; `subgroup-matrix`: halves multiplied by matrix units. */
export const PRODUCT_KINDS = ['f32', 'f16', 'subgroup-matrix'] as const;
export type ProductKind = (typeof PRODUCT_KINDS)[number];

/** One matrix instruction: [M, K] x [K, N] of halves, summed in float32 by all lanes of a subgroup. */
export interface SubgroupMatrix {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly subgroupSize: number;
}

export interface Products {
  readonly kind: ProductKind;
  readonly limits: TilingLimits;
  /** Present for `subgroup-matrix`. */
  readonly subgroupMatrix?: SubgroupMatrix;
}

const productsByDevice = new WeakMap<object, Products>();

export function setProducts(device: object, products: Products): void {
  productsByDevice.set(device, products);
}

/** What was set, or float32 by the limits of a device that nothing was set for. */
export function productsOf(backend: WebGPUBackend): Products {
  const device = backend.device as unknown as GPUDevice;
  return productsByDevice.get(device) ?? { kind: 'f32', limits: device.limits };
}
