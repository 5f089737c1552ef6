/**
 * From what was asked for and what the adapter has to the products of a device, or an error that says what is missing.
 */
import { subgroupTilings } from '../building-blocks/multiply-subgroup-matrices.ts';
import type { TilingLimits } from '../building-blocks/tilings.ts';
import { webGpuError } from '../webgpu-error.ts';
import { PRODUCT_KINDS, type ProductKind, type Products, type SubgroupMatrix } from './products.ts';

export const SUBGROUP_MATRIX_FEATURE = 'chromium-experimental-subgroup-matrix';

/** What of an adapter decides; Dawn's names. */
export interface ProductAdapter {
  readonly features: { has(feature: string): boolean };
  readonly limits: TilingLimits;
  readonly info: {
    readonly subgroupMinSize?: number;
    readonly subgroupMaxSize?: number;
    readonly subgroupMatrixConfigs?: Iterable<SubgroupMatrixConfig>;
  };
}

interface SubgroupMatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** @throws Error with a `fix` when the adapter cannot compute such products */
export function chooseProducts(kind: ProductKind, adapter: ProductAdapter): Products {
  const { features, limits } = adapter;
  if (!PRODUCT_KINDS.includes(kind)) {
    throw refusal(`products must be of ${PRODUCT_KINDS.join(', ')}, got ${JSON.stringify(kind)}.`, 'Correct it.');
  }
  if (kind === 'f32') return { kind, limits };
  if (!features.has('shader-f16')) {
    throw refusal(`products of ${kind} need an adapter with shader-f16, got none.`, "Take products: 'f32'.");
  }
  if (kind === 'f16') return { kind, limits };
  if (!features.has(SUBGROUP_MATRIX_FEATURE)) {
    throw refusal(`products of ${kind} need an adapter with ${SUBGROUP_MATRIX_FEATURE}, got none.`, TAKE_HALVES);
  }
  return { kind, limits, subgroupMatrix: chooseSubgroupMatrix(adapter) };
}

const TAKE_HALVES = "Take products: 'f16'.";

/** The largest instruction whose tiles fit. */
function chooseSubgroupMatrix({ info, limits }: ProductAdapter): SubgroupMatrix {
  const { subgroupMinSize = 0, subgroupMaxSize = 0 } = info;
  if (subgroupMinSize !== subgroupMaxSize) {
    throw refusal(
      `products of subgroup-matrix need subgroups of one size, got ${subgroupMinSize} to ${subgroupMaxSize}.`,
      TAKE_HALVES,
    );
  }
  const configs = [...(info.subgroupMatrixConfigs ?? [])];
  const [largest] = configs
    .filter(({ componentType, resultComponentType }) => componentType === 'f16' && resultComponentType === 'f32')
    .map(({ M, N, K }): SubgroupMatrix => ({ M, N, K, subgroupSize: subgroupMaxSize }))
    .filter((matrix) => subgroupTilings(matrix, limits).length > 0)
    .sort((left, right) => right.M * right.N * right.K - left.M * left.N * left.K);
  if (largest === undefined) {
    const found = configs.map((c) => `${c.componentType} to ${c.resultComponentType} of ${c.M} x ${c.N} x ${c.K}`);
    throw refusal(
      `products of subgroup-matrix need an instruction from f16 to f32 that divides tiles of 64 and fits, got ${found.join(', ') || 'none'}.`,
      TAKE_HALVES,
    );
  }
  return largest;
}

function refusal(rule: string, fix: string): Error {
  return webGpuError('registerWebGpuBackend', rule, fix);
}
