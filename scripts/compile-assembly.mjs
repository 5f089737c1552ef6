/**
 * Compiles a package's assembly/index.ts (AssemblyScript) and writes the module as base64 into its src/generated/. Does nothing when the
 * module is newer than the source.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Time of the last change, 0 for a file that is not there. */
const changed = (path) =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

/**
 * @param asc the compiler, `assemblyscript/asc`, of the package
 * @param root folder of the package
 * @param name of the file in src/generated, without `-wasm.ts`; the export is `<name>Wasm`
 * @param flags further flags of the compiler, about memory and instructions
 */
export async function compileAssembly({ asc, root, name, flags }) {
  const output = join(root, 'src', 'generated', `${name}-wasm.ts`);
  const sources = [join(root, 'assembly', 'index.ts'), import.meta.filename];
  if ((await changed(output)) > Math.max(...(await Promise.all(sources.map(changed))))) return;
  const files = new Map();
  const common =
    '--runtime stub --optimizeLevel 3 --shrinkLevel 0 --converge --noAssert --use abort= --enable simd --enable bulk-memory';
  const { error, stderr } = await asc.main(
    ['index.ts', '--baseDir', join(root, 'assembly'), '--outFile', 'out.wasm', ...common.split(' '), ...flags],
    { writeFile: (file, contents) => files.set(file, contents) },
  );
  if (error) {
    console.error(stderr.toString());
    throw new Error(
      `[marco-ts] compileAssembly: ${root}/assembly must compile, got ${error.message}. See the lines above.`,
    );
  }
  const wasm = files.get('out.wasm');
  await mkdir(dirname(output), { recursive: true });
  const camelCase = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  await writeFile(
    output,
    `/** Made by scripts/build-wasm.mjs; ${wasm.length} bytes of WebAssembly as base64. */\nexport const ${camelCase}Wasm =\n  '${Buffer.from(wasm).toString('base64')}';\n`,
  );
  console.log(`${name}: ${wasm.length} bytes`);
}
