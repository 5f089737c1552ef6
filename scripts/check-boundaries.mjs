/**
 * Holds the import table of docs/architecture.md against the code: each package may import only what lies below it,
 * only `core` and the backends may import tfjs, every workspace import must stand in the package's own dependencies, and packages that run in
 * browsers import no Node module (they ask `process.getBuiltinModule`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const MAY_IMPORT = {
  'backend-wasm': [],
  'backend-webgpu': [],
  'backend-node': [],
  checkpoint: [],
  tokenizer: [],
  core: ['backend-wasm', 'backend-webgpu', 'backend-node'],
  data: ['tokenizer'],
  model: ['core', 'checkpoint'],
  trainer: ['core', 'data', 'checkpoint'],
  aligner: ['trainer', 'model', 'data', 'tokenizer', 'core'],
  eval: ['model', 'tokenizer', 'core'],
};
/** Apps that are held to a list as packages are; the others stand above everything. The pipeline shows runs with the dashboard, never the other way. */
const APP_MAY_IMPORT = { dashboard: ['eval'] };
const MAY_IMPORT_TFJS = new Set(['core', 'backend-wasm', 'backend-webgpu', 'backend-node']);
const RUNS_IN_BROWSERS = new Set(['core', 'model', 'tokenizer', 'backend-wasm', 'backend-webgpu']);
/** Entries of their own, for Node alone. */
const ENTRIES_OF_NODE = /^packages\/model\/src\/files\//;
const WORKERS_OF_NODE = /(^|-)worker\.ts$/;
const FORBIDDEN_FILE_NAMES = /(^|-)(utils?|helpers?|manager|misc|common)\.ts$/;

const problems = [];
for (const name of readdirSync(join(root, 'packages'))) {
  if (!(name in MAY_IMPORT)) problems.push(`packages/${name}: not in the import table of scripts/check-boundaries.mjs`);
  else checkPackage(join(root, 'packages', name), name, MAY_IMPORT[name]);
}
for (const [name, allowed] of Object.entries(APP_MAY_IMPORT)) checkPackage(join(root, 'apps', name), name, allowed);
if (problems.length > 0) {
  console.error(`${problems.join('\n')}\n${problems.length} boundary problems`);
  process.exit(1);
}
console.log(
  `boundaries hold for ${Object.keys(MAY_IMPORT).length} packages and ${Object.keys(APP_MAY_IMPORT).length} app`,
);

function checkPackage(directory, name, allowed) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const declared = new Set(
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }),
  );
  for (const file of sourceFiles(join(directory, 'src'))) {
    const where = relative(root, file);
    if (FORBIDDEN_FILE_NAMES.test(file)) problems.push(`${where}: a file name must say what is in it`);
    const isTest = file.endsWith('.test.ts');
    const isForNode = WORKERS_OF_NODE.test(file) || ENTRIES_OF_NODE.test(where);
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) {
      if (specifier.startsWith('node:') && RUNS_IN_BROWSERS.has(name) && !isTest && !isForNode) {
        problems.push(`${where}: ${name} runs in browsers and must not import ${specifier}`);
      }
      const own = specifier.match(/^@marco-ts\/([^/]+)/)?.[1];
      if (own !== undefined) {
        if (!allowed.includes(own) && !(isTest && own === name)) {
          problems.push(`${where}: ${name} must not import @marco-ts/${own}`);
        } else if (!declared.has(`@marco-ts/${own}`) && own !== name) {
          problems.push(`${where}: @marco-ts/${own} is not in ${relative(root, directory)}/package.json`);
        }
      }
      if (specifier.startsWith('@tensorflow/') && !MAY_IMPORT_TFJS.has(name)) {
        problems.push(`${where}: only core and the backends import tfjs; use { tf } from '@marco-ts/core'`);
      }
    }
  }
}

function importsOf(text) {
  const code = text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\bimport type .* from 'node:.*'|\btypeof import\('node:.*?'\)/g, '');
  return [...code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)].map((match) => match[1]);
}

function* sourceFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'generated') yield* sourceFiles(path);
    } else if (entry.name.endsWith('.ts')) yield path;
  }
}
