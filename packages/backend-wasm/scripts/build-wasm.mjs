/**
 * Compiles assembly/ twice (relaxed SIMD, fixed SIMD) and writes each module as base64 into src/generated/.
 * Run: pnpm run build:wasm
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');
const outputs = join(root, 'src', 'generated');
await mkdir(outputs, { recursive: true });

for (const variant of ['relaxed', 'fixed']) {
  const files = new Map();
  const features = ['simd', 'threads', 'bulk-memory', ...(variant === 'relaxed' ? ['relaxed-simd'] : [])];
  const { error, stderr } = await asc.main(
    [
      'index.ts',
      '--baseDir',
      join(root, 'assembly'),
      '--outFile',
      'out.wasm',
      '--runtime',
      'stub',
      '--optimizeLevel',
      '3',
      '--shrinkLevel',
      '0',
      '--converge',
      '--noAssert',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '16',
      '--maximumMemory',
      '65536',
      '--memoryBase',
      '32768',
      '--use',
      'abort=',
      ...features.flatMap((feature) => ['--enable', feature]),
    ],
    {
      writeFile: (name, contents) => files.set(name, contents),
    },
  );
  if (error) {
    console.error(stderr.toString());
    throw new Error(
      `[@marco-ts/backend-wasm] build-wasm: assembly must compile, got ${error.message} for ${variant} SIMD. See the lines above.`,
    );
  }
  const wasm = files.get('out.wasm');
  const name = `${variant}Wasm`;
  const text = `/** Made by scripts/build-wasm.mjs; ${wasm.length} bytes of WebAssembly as base64. */\nexport const ${name} =\n  '${Buffer.from(wasm).toString('base64')}';\n`;
  await writeFile(join(outputs, `${variant}-wasm.ts`), text);
  console.log(`${variant}: ${wasm.length} bytes`);
}
