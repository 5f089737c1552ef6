/**
 * Says whether the WebGPU backend would start, without starting it.
 */
import { findGpu } from './find-gpu.ts';
import { describeAdapter, requestAdapter } from './request-adapter.ts';

/** Whether an adapter is there, and what is missing otherwise. */
export interface WebGpuProbe {
  readonly available: boolean;
  readonly facts: Readonly<Record<string, string>>;
  readonly missing?: string;
  readonly fix?: string;
}

/** Makes an adapter object but no device; leaves tfjs and its current backend alone. Never throws. */
export async function probeWebGpuBackend(): Promise<WebGpuProbe> {
  const facts: Record<string, string> = {};
  try {
    const { gpu, origin } = await findGpu('probeWebGpuBackend');
    facts.implementation = origin;
    const description = describeAdapter(await requestAdapter('probeWebGpuBackend', gpu));
    facts.adapter = description.name;
    facts.kind = description.isSoftware ? 'emulated on the processor: for tests of correctness' : 'hardware';
    facts.maxBufferSizeBytes = String(description.maxBufferSizeBytes);
    return { available: true, facts };
  } catch (error) {
    const { message, fix } = error as Error & { fix?: string };
    return {
      available: false,
      facts,
      missing: fix ? message.replace(fix, '').trim() : message,
      ...(fix ? { fix } : {}),
    };
  }
}
