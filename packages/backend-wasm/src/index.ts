export { probeWasmBackend, type WasmBackendProbe } from './probe-wasm-backend.ts';
export { registerWasmBackend, type WasmBackendOptions, type WasmBackendRecord } from './register-wasm-backend.ts';
export type { SimdLevel } from './runtime/detect-simd.ts';
