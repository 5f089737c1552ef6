/**
 * Compiles assembly/ twice (relaxed SIMD, fixed SIMD) and writes each module as base64 into src/generated/.
 * Does nothing when the modules are newer than every source.
 * Run: pnpm run build:wasm
 */
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');
const outputs = join(root, 'src', 'generated');

/** Time of the last change, 0 for a file that is not there. */
const changed = (path) =>
  stat(path).then(
    (s) => s.mtimeMs,
    () => 0,
  );
const sources = (await readdir(join(root, 'assembly'), { recursive: true })).map((name) =>
  join(root, 'assembly', name),
);
const newestSource = Math.max(...(await Promise.all([...sources, import.meta.filename].map(changed))));
const oldestModule = Math.min(
  ...(await Promise.all(
    ['wide-wasm.ts', 'relaxed-wasm.ts', 'fixed-wasm.ts'].map((name) => changed(join(outputs, name))),
  )),
);
if (oldestModule > newestSource) process.exit(0);

await mkdir(outputs, { recursive: true });

for (const variant of ['wide', 'relaxed', 'fixed']) {
  const files = new Map();
  const features = ['simd', 'threads', 'bulk-memory', ...(variant !== 'fixed' ? ['relaxed-simd'] : [])];
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
      '40960',
      '--use',
      `WIDE=${variant === 'wide' ? 1 : 0}`,
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
