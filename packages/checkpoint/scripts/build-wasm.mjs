/**
 * The conversions of floats, as base64 in src/generated/.
 * Run: pnpm run build:wasm
 */
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { compileAssembly } from '../../../scripts/compile-assembly.mjs';

const root = join(import.meta.dirname, '..');
await compileAssembly({ asc, root, name: 'conversions', memory: ['--initialMemory', '4', '--maximumMemory', '4'] });
