/**
 * Asks for the strongest adapter and describes it.
 */
import { isNode } from './find-gpu.ts';
import { lacksVulkanDriver, lacksVulkanLoader } from './vulkan-loader.ts';
import { webGpuError } from './webgpu-error.ts';

export interface AdapterDescription {
  /** For people: vendor, architecture and driver as the adapter tells them. */
  readonly name: string;
  /** A GPU emulated on the processor (SwiftShader, llvmpipe): right for tests of correctness, slow for work. */
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly maxBufferSizeBytes: number;
}

/** @throws Error naming what an adapter needs when there is none */
export async function requestAdapter(functionName: string, gpu: GPU): Promise<GPUAdapter> {
  const isHopeless = isNode() && (lacksVulkanLoader() || lacksVulkanDriver());
  const adapter = isHopeless ? null : await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw webGpuError(functionName, 'a GPU adapter must be present, got none.', adapterAdvice());
  return adapter;
}

export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  const { vendor, architecture, device, description } = adapter.info;
  const words = [vendor, architecture, description || device].filter((word) => word);
  const name = words.join(' ') || 'unnamed adapter';
  const isFallback = (adapter.info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
  return {
    name,
    isSoftware: isFallback || /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i.test(name),
    features: [...adapter.features].map(String).sort(),
    maxBufferSizeBytes: adapter.limits.maxBufferSize,
  };
}

function adapterAdvice(): string {
  if (!isNode()) return 'Turn on hardware acceleration in the browser settings and look at its page about the GPU.';
  if (process.platform === 'linux') {
    return (
      'Install the Vulkan loader (libvulkan.so.1: apt-get install libvulkan1) and the Vulkan driver of the GPU; ' +
      'if the driver is in an unusual place, point VK_ICD_FILENAMES at its *_icd.json. ' +
      'Without a GPU, chromium brings the emulated one: VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json.'
    );
  }
  return 'Install the current driver of the GPU.';
}
