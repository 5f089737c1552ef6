/**
 * Type-checks the TypeScript of every README against the sources, each README as one program: a later block may use what an earlier one made.
 *
 *     node scripts/check-readmes.mjs
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const PROGRAM = 'readme-examples.generated.ts';

const readmes = execFileSync('git', ['ls-files', '--', 'README.md', '*/README.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter(Boolean)
  .map((path) => ({ path, blocks: blocksOf(readFileSync(join(root, path), 'utf8')) }))
  .filter(({ blocks }) => blocks.length > 0);

/** Beside its README, where the package's imports resolve; the root's in a package that has them all. */
const programOf = (path) => join(root, path === 'README.md' ? 'apps/pipeline' : dirname(path), PROGRAM);
const config = join(root, 'tsconfig.readmes.generated.json');
try {
  for (const { path, blocks } of readmes) writeFileSync(programOf(path), asProgram(blocks));
  writeFileSync(
    config,
    JSON.stringify({
      extends: './tsconfig.base.json',
      // The one package that examples need and only users install.
      compilerOptions: {
        paths: { '@tensorflow/tfjs': ['./packages/core/node_modules/@tensorflow/tfjs/dist/index.d.ts'] },
      },
      files: readmes.map(({ path }) => programOf(path)),
    }),
  );
  const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', config], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) {
    console.error(stdout.replaceAll(PROGRAM, `${PROGRAM} (made from the README beside it)`));
    process.exitCode = 1;
  } else {
    const numBlocks = readmes.reduce((sum, { blocks }) => sum + blocks.length, 0);
    console.log(`${numBlocks} examples of ${readmes.length} READMEs type-check`);
  }
} finally {
  for (const { path } of readmes) rmSync(programOf(path), { force: true });
  rmSync(config, { force: true });
}

/** Blocks that import by relative path show a file of the package itself. */
function blocksOf(markdown) {
  const blocks = [...markdown.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code);
  return blocks.filter((code) => !/ from '\./.test(code));
}

/** Imports first, each name once; then the blocks, each in the scope of those before it. */
function asProgram(blocks) {
  const named = new Map();
  const imports = new Set();
  const bodies = blocks.map((block) =>
    block.replace(/^import ([\s\S]*?) from '([^']+)';.*\n/gm, (statement, what, from) => {
      const names = /^\{([\s\S]*)\}$/.exec(what)?.[1];
      if (names === undefined) imports.add(statement);
      for (const name of names?.split(',') ?? []) {
        if (name.trim() !== '') named.set(from, (named.get(from) ?? new Set()).add(name.trim()));
      }
      return '';
    }),
  );
  const lines = [...named].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}';\n`);
  return `${[...imports, ...lines].join('')}${bodies.join('{\n')}${'}\n'.repeat(bodies.length - 1)}export {};\n`;
}
