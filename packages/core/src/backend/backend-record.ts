/**
 * What is known about the backends: which was chosen, which were refused, and why.
 */

/** In the default order of preference. */
export const BACKEND_NAMES = ['node-gpu', 'webgpu', 'node', 'wasm', 'cpu'] as const;

/** One of `BACKEND_NAMES`, the names by which `initBackend`, recipes and `marco doctor` speak of backends. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/** A preferred backend that was passed over, and what would bring it back. */
export interface RefusedBackend {
  readonly name: BackendName;
  /** What is missing or went wrong. */
  readonly reason: string;
  /** The command or setting that mends it. */
  readonly fix: string;
}

/** Facts that a started backend tells of itself. */
export interface BackendFacts {
  /** The name in tfjs's registry: `marco-wasm`, `webgpu`, `tensorflow`, `cpu`. */
  readonly tfjsName: string;
  readonly numThreads?: number;
  /** Vector instructions of `wasm`: `wide`, `relaxed` or `fixed`. */
  readonly simd?: string;
  /** The GPU, in its driver's words. */
  readonly adapter?: string;
  /** Whether that GPU is emulated on the processor. */
  readonly isSoftware?: boolean;
  readonly version?: string;
  /** Of `webgpu`: what large matrix products are computed with. */
  readonly products?: string;
  /** What the backend could not do here and did instead, for instance one thread in a page without shared memory. */
  readonly notes?: readonly string[];
}

export interface BackendRecord extends BackendFacts {
  readonly name: BackendName;
  readonly reason: string;
  readonly refused: readonly RefusedBackend[];
}

/** Whether one backend could start here, found out without starting it. */
export interface BackendProbe {
  readonly name: BackendName;
  readonly available: boolean;
  /** Versions and hardware as far as known without starting the backend. */
  readonly facts: Readonly<Record<string, string>>;
  /** Absent when available. */
  readonly missing?: string;
  readonly fix?: string;
}
