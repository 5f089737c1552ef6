export { probeWebGpuBackend, type WebGpuProbe } from './probe-webgpu-backend.ts';
export {
  registerWebGpuBackend,
  type WebGpuBackendOptions,
  type WebGpuBackendRecord,
} from './register-webgpu-backend.ts';
