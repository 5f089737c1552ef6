/**
 * The scoring of language identification, as base64 in src/generated/.
 * Run: pnpm run build:wasm
 */
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { compileAssembly } from '../../../scripts/compile-assembly.mjs';

await compileAssembly({
  asc,
  root: join(import.meta.dirname, '..'),
  name: 'score-ngrams',
  flags: ['--initialMemory', '1'],
});
