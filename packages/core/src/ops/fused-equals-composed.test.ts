/**
 * Fused kernels against composed operations on the wasm backend. WebGPU has its own process: test/integration/webgpu-ops.test.ts.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { fusedEqualsComposed, missingKernels } from '../../test/fused-and-composed.ts';
import { initBackend } from '../backend/init-backend.ts';

beforeAll(async () => {
  await initBackend({ prefer: ['wasm'] });
});

test('the wasm backend has a kernel for every name of the table in docs/architecture.md', () => {
  expect(missingKernels('marco-wasm')).toEqual([]);
});

describe('fused equals composed', () => {
  const properties = fusedEqualsComposed({ headSize: fc.integer({ min: 1, max: 20 }) });
  test.each(Object.keys(properties))('%s', (name) => fc.assert(properties[name]!, { numRuns: 25 }));
});
