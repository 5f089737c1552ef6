/**
 * Runs the op goldens on WebGPU and prints one line of JSON: `{ record, checks }`, or `{ refused }` when the backend does not start.
 * A process of its own, because the Vulkan loader reads its environment variables when the process starts.
 */
import { initBackend } from '../../src/index.ts';
import { CORE_OP_CASES, type OpCheck } from '../golden/check-core-ops.ts';

try {
  const record = await initBackend({ prefer: ['webgpu'] });
  const checks: OpCheck[] = [];
  for (const runCase of Object.values(CORE_OP_CASES)) checks.push(...(await runCase()));
  print({ record, checks });
} catch (error) {
  print({ refused: error instanceof Error ? error.message : String(error) });
}

function print(result: object): void {
  // Dawn's threads keep the process alive; all is said once the line is out.
  process.stdout.write(`${JSON.stringify(result, (_, value) => (Number.isNaN(value) ? 'NaN' : value))}\n`, () =>
    process.exit(0),
  );
}
