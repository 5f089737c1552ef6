/**
 * Says whether the wasm backend could start here, without starting it.
 */
import { canCompileWide } from './runtime/compile-wide.ts';
import { detectSimd } from './runtime/detect-simd.ts';

/** What `probeWasmBackend` found: the engine's instructions and threads, or what is missing and the way out. */
export interface WasmBackendProbe {
  readonly available: boolean;
  readonly facts: Readonly<Record<string, string>>;
  readonly missing?: string;
  readonly fix?: string;
}

/** Validates two modules of one instruction each. Never throws. */
export function probeWasmBackend(): WasmBackendProbe {
  const simd = detectSimd();
  if (simd === null) {
    const hasWebAssembly = typeof WebAssembly !== 'undefined';
    return {
      available: false,
      facts: {},
      missing: `this engine has no WebAssembly${hasWebAssembly ? ' SIMD' : ''}.`,
      fix: 'Use Node 22.18 or newer, or a browser of 2023 or newer.',
    };
  }
  return {
    available: true,
    facts: {
      simd: simd === 'relaxed' && canCompileWide() ? 'relaxed, or wide if it proves faster at the start' : simd,
      threads:
        typeof SharedArrayBuffer === 'undefined'
          ? 'one: the page must be cross-origin isolated for more'
          : 'shared memory',
      processors: String(globalThis.navigator?.hardwareConcurrency ?? 1),
    },
  };
}
