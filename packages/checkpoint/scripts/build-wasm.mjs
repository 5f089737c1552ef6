/**
 * The conversions of floats, with and without relaxed SIMD, as base64 in src/generated/.
 * Run: pnpm run build:wasm
 */
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { compileAssembly } from '../../../scripts/compile-assembly.mjs';

const root = join(import.meta.dirname, '..');
const flags = ['--initialMemory', '4', '--maximumMemory', '4'];
await compileAssembly({ asc, root, name: 'conversions-fixed', flags });
await compileAssembly({ asc, root, name: 'conversions-relaxed', flags: [...flags, '--enable', 'relaxed-simd'] });
