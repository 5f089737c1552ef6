/**
 * Compiles assembly/ and writes the module as base64 into src/generated/. Does nothing when the module is newer than every source.
 * Run: pnpm run build:wasm
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');
const source = join(root, 'assembly', 'index.ts');
const output = join(root, 'src', 'generated', 'conversions-wasm.ts');

/** Time of the last change, 0 for a file that is not there. */
const changed = (path) =>
  stat(path).then(
    (s) => s.mtimeMs,
    () => 0,
  );
if ((await changed(output)) > Math.max(await changed(source), await changed(import.meta.filename))) process.exit(0);

const files = new Map();
const { error, stderr } = await asc.main(
  [
    ...['index.ts', '--baseDir', join(root, 'assembly'), '--outFile', 'out.wasm', '--runtime', 'stub'],
    ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
    ...[
      '--initialMemory',
      '4',
      '--maximumMemory',
      '4',
      '--use',
      'abort=',
      '--enable',
      'simd',
      '--enable',
      'bulk-memory',
    ],
  ],
  { writeFile: (name, contents) => files.set(name, contents) },
);
if (error) {
  console.error(stderr.toString());
  throw new Error(
    `[@marco-ts/checkpoint] build-wasm: assembly must compile, got ${error.message}. See the lines above.`,
  );
}
const wasm = files.get('out.wasm');
await mkdir(join(root, 'src', 'generated'), { recursive: true });
await writeFile(
  output,
  `/** Made by scripts/build-wasm.mjs; ${wasm.length} bytes of WebAssembly as base64. */\nexport const conversionsWasm =\n  '${Buffer.from(wasm).toString('base64')}';\n`,
);
console.log(`conversions: ${wasm.length} bytes`);
