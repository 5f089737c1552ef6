/**
 * How large the tiles of a matrix product are: by what the adapter holds and by the size of the result.
 *
 * Units: elements, but for the limits, which are WebGPU's own.
 */

/** What of an adapter's limits decides. */
export interface TilingLimits {
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupSizeX: number;
}

/** What a workgroup computes: `side` x `side` invocations with `block` x `block` values each. */
export interface Tiling {
  readonly side: number;
  /** Rows and columns of one invocation: the larger, the fewer reads per product. */
  readonly block: 4 | 8;
  /** Rows and columns of the result that a workgroup computes. */
  readonly tile: number;
  /** How much of K lies in workgroup memory at once: the more, the fewer barriers. */
  readonly depth: number;
  /** Elements between two k in workgroup memory: one more than the tile, so that transposed writes meet different banks. */
  readonly pitch: number;
}

/** What a tile holds; sums are float32 always. */
export type TileElement = 'f32' | 'f16';

const ELEMENT_BYTES: Readonly<Record<TileElement, number>> = { f32: 4, f16: 2 };
/** Tiles read 64 bytes along K where there is room, else 32: halves reach twice as deep. */
const DEPTH_BYTES = [64, 32] as const;
/** Workgroups that keep every core of a large GPU busy. */
const MIN_LARGE_TILES = 128;

/** Best first. 256 invocations and 16 KiB are what WebGPU guarantees; its compatibility mode guarantees 128 invocations. */
const SIDES_AND_BLOCKS = [
  [16, 8],
  [16, 4],
  [8, 4],
] as const;

/**
 * The first tiling that the adapter holds and the result fills.
 *
 * @param M rows of the result
 * @param N its columns
 * @throws Error when the adapter is below what WebGPU guarantees
 */
export function chooseTiling(element: TileElement, M: number, N: number, limits: TilingLimits): Tiling {
  for (const [side, block] of SIDES_AND_BLOCKS) {
    for (const depthBytes of DEPTH_BYTES) {
      const tiling = createTiling(side, block, depthBytes / ELEMENT_BYTES[element]);
      if (fits(tiling, element, limits) && isFilled(tiling, M, N)) return tiling;
    }
  }
  throw new Error(`[@marco-ts/backend-webgpu] chooseTiling: no tiling fits into ${JSON.stringify(limits)}.`);
}

export function createTiling(side: number, block: 4 | 8, depth: number): Tiling {
  const tile = side * block;
  return { side, block, tile, depth, pitch: tile + 1 };
}

/** Both operands' tiles lie in workgroup memory. */
export function tilingBytes({ depth, pitch }: Tiling, element: TileElement): number {
  return 2 * depth * pitch * ELEMENT_BYTES[element];
}

function fits(tiling: Tiling, element: TileElement, limits: TilingLimits): boolean {
  return (
    tiling.side ** 2 <= limits.maxComputeInvocationsPerWorkgroup &&
    tiling.side <= limits.maxComputeWorkgroupSizeX &&
    tilingBytes(tiling, element) <= limits.maxComputeWorkgroupStorageSize
  );
}

/** Large tiles read less per product, but only where the result fills them and there are enough of them. */
function isFilled({ block, tile }: Tiling, M: number, N: number): boolean {
  if (block === 4) return true;
  return Math.min(M, N) >= tile && Math.ceil(M / tile) * Math.ceil(N / tile) >= MIN_LARGE_TILES;
}
