import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Tells at the end which of these packages were loaded; they take most of a second together. */
const TELL_HEAVY = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const heavy = new Set();
  registerHooks({
    load(url, context, next) {
      const name = /@tensorflow|hyparquet|parse5|packages.(data|model|core|eval)/.exec(url);
      if (name) heavy.add(name[0]);
      return next(url, context);
    },
  });
  process.on('exit', () => console.error('loaded: ' + [...heavy].join()));
`)}`;

function loadedBy(...args: string[]): string {
  const options = ['--conditions=@marco-ts/source', '--import', TELL_HEAVY];
  const cli = join(import.meta.dirname, '..', '..', 'cli.ts');
  const { stderr } = spawnSync(process.execPath, [...options, cli, ...args], { encoding: 'utf8' });
  return /^loaded: .*$/m.exec(stderr)?.[0] ?? stderr;
}

test.each(['--help', 'train --help', 'completion bash', 'complete -- run t'])(
  'marco %s loads no tensor engine and no reader: a shell asks at every Tab',
  (line) => {
    expect(loadedBy(...line.split(' '))).toBe('loaded: ');
  },
);

test('what a command needs is told by the same means', () => {
  expect(loadedBy('run', 'tiny-cpu', '--dry-run', '--output', '/nonexistent/runs')).toContain('@tensorflow');
});
