/**
 * Every operation against PyTorch, forward and backward, on each backend that starts here: `cpu` runs the composed fallbacks, `wasm`
 * the fused kernels. WebGPU has its own process: test/integration/webgpu-ops.test.ts.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { initBackend } from '../../src/index.ts';
import { CORE_OP_CASES } from './check-core-ops.ts';

describe.each(['cpu', 'wasm'] as const)('%s', (backend) => {
  beforeAll(async () => {
    await initBackend({ prefer: [backend] });
  });

  test.each(Object.keys(CORE_OP_CASES))('%s', async (name) => {
    const checks = await CORE_OP_CASES[name]!();
    expect(checks.length).toBeGreaterThan(1);
    for (const check of checks) {
      expect(check.error, check.name).toBeLessThan(check.tolerance);
      expect(check.numLeakedTensors, check.name).toBe(0);
    }
  });
});
