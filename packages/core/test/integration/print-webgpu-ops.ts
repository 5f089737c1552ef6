/**
 * Runs the op goldens and the law of fused and composed on WebGPU and prints one line of JSON: `{ record, missing, checks, laws }`, or
 * `{ refused }` when the backend does not start. A process of its own, because the Vulkan loader reads its environment variables when
 * the process starts.
 */
import fc from 'fast-check';
import { initBackend } from '../../src/index.ts';
import { fusedEqualsComposed, missingKernels } from '../fused-and-composed.ts';
import { CORE_OP_CASES, type OpCheck } from '../golden/check-core-ops.ts';

try {
  const record = await initBackend({ prefer: ['webgpu'] });
  const checks: OpCheck[] = [];
  for (const runCase of Object.values(CORE_OP_CASES)) checks.push(...(await runCase()));
  const laws: { name: string; failure?: string }[] = [];
  // Attention is compiled for each head size: these are the goldens'. WGSL promises sines to 2^-11 only.
  const options = { headSize: fc.constantFrom(4, 8), rotaryTolerance: 2 ** -11 };
  for (const [name, property] of Object.entries(fusedEqualsComposed(options))) {
    const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: 6, seed: 1 });
    const failure = `${(errorInstance as Error | undefined)?.message} at ${JSON.stringify(counterexample)}`;
    laws.push(failed ? { name, failure } : { name });
  }
  print({ record, missing: missingKernels(record.tfjsName), checks, laws });
} catch (error) {
  print({ refused: error instanceof Error ? error.message : String(error) });
}

function print(result: object): void {
  // Dawn's threads keep the process alive; all is said once the line is out.
  process.stdout.write(`${JSON.stringify(result, (_, value) => (Number.isNaN(value) ? 'NaN' : value))}\n`, () =>
    process.exit(0),
  );
}
