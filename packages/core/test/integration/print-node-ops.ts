/**
 * Runs the op goldens and the law of the memory on tfjs-node built against the libtensorflow of a Python, and prints one line of JSON:
 * `{ record, checks }`, or `{ refused }`. A process of its own, because libtensorflow writes to the standard output and error as it likes.
 *
 * Usage: node --conditions=@marco-ts/source print-node-ops.ts <Python with TensorFlow, or directory of a libtensorflow>
 */
import { statSync } from 'node:fs';
import { buildNativeAddon } from '@marco-ts/backend-node/native-build';
import { initBackend } from '../../src/index.ts';
import { CORE_OP_CASES, type OpCheck } from '../golden/check-core-ops.ts';

const given = process.argv[2]!;
try {
  await buildNativeAddon(statSync(given).isDirectory() ? { libtensorflow: given } : { python: given });
  const record = await initBackend({ prefer: ['node'] });
  const checks: OpCheck[] = [];
  for (const runCase of Object.values(CORE_OP_CASES)) checks.push(...(await runCase()));
  print({ record, checks });
} catch (error) {
  print({ refused: error instanceof Error ? error.message : String(error) });
}

function print(result: object): void {
  console.log(JSON.stringify(result, (_, value) => (Number.isNaN(value) ? 'NaN' : value)));
}
