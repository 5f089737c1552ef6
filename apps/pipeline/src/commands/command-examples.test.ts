/**
 * Every `marco` command that help and documents show is one that the command line takes: names, options and the form of their values. Nothing is run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { EXIT_CODES } from '../errors.ts';
import { createProgram } from './run-command-line.ts';

const root = join(import.meta.dirname, '../../../..');
const DOCUMENTED = ['README.md', 'CONTRIBUTING.md', 'docs', 'examples', 'apps', 'packages'];

/** The command line with every action taken out, and what it printed. */
function silentProgram(): { program: Command; printed: string[] } {
  const printed: string[] = [];
  const sink = { write: (text: string) => printed.push(text) };
  const program = createProgram({
    pipeline: { codeVersion: '1.2.3' } as never,
    output: { stdout: sink, stderr: sink } as never,
    setExitCode: () => {},
  });
  const silence = (command: Command): void => {
    command.exitOverride();
    if (command.commands.length === 0) command.action(() => {});
    command.commands.forEach(silence);
  };
  silence(program);
  return { program, printed };
}

function helpOf(path: readonly string[]): string {
  const { program, printed } = silentProgram();
  const command = path.reduce((own, name) => own.commands.find((one) => one.name() === name)!, program);
  command.outputHelp();
  return printed.join('');
}

function allPaths(command: Command, path: readonly string[] = []): (readonly string[])[] {
  return [path, ...command.commands.flatMap((own) => allPaths(own, [...path, own.name()]))];
}

/** Commands that begin with `marco`, without comments, descriptions and what follows a pipe; lines that end in a backslash are joined. */
const commandLines = (text: string): string[] =>
  text
    .replaceAll(/\\\n\s*/g, ' ')
    // What another command would print is a word.
    .replaceAll(/"?\$\([^)]*\)"?/g, 'printed')
    .split('\n')
    .flatMap((line) =>
      line
        .trim()
        .split(/ {2,}(?!-)| #/, 1)[0]!
        .split(/ ?(?:[|;]|>>?|&&) /),
    )
    .filter((line) => /^marco (?!\w+:)/.test(line));

const wordsOf = (line: string): string[] =>
  (line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).slice(1).map((word) => word.replaceAll(/['"]/g, ''));

function markdownFiles(path: string): string[] {
  if (path.endsWith('.md')) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (/^(node_modules|dist|api|\..*)$/.test(entry.name)) return [];
    if (entry.isDirectory() || entry.name.endsWith('.md')) return markdownFiles(join(path, entry.name));
    return [];
  });
}

const shellBlocks = (text: string): string =>
  [...text.matchAll(/^ *```(?:sh|bash)\n(.*?)^ *```/gms)].map(([, block]) => block).join('\n');

async function problemWith(line: string): Promise<string | undefined> {
  const { program, printed } = silentProgram();
  try {
    await program.parseAsync(wordsOf(line), { from: 'user' });
    return undefined;
  } catch (error) {
    return (error as { exitCode?: number }).exitCode === EXIT_CODES.done
      ? undefined
      : `${line}: ${printed.join('').split('\n')[0]}`;
  }
}

const examples = allPaths(silentProgram().program).map((path) => ({
  command: ['marco', ...path].join(' '),
  lines: commandLines(helpOf(path)),
}));

test('every command that does something has an example in its help', () => {
  const names = examples.map(({ command }) => command);
  const isGroup = (command: string): boolean => names.some((name) => name.startsWith(`${command} `));
  const without = examples.filter(({ command, lines }) => lines.length === 0 && !isGroup(command));
  // The shell calls it, nobody else.
  expect(without.map(({ command }) => command)).toEqual(['marco complete']);
});

test.each(examples.filter(({ lines }) => lines.length > 0))(
  '$command --help: its examples can be typed',
  async ({ lines }) => {
    const problems = await Promise.all(lines.map(problemWith));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  },
);

const documents = DOCUMENTED.flatMap((path) => markdownFiles(join(root, path)))
  .map((path) => ({ document: relative(root, path), lines: commandLines(shellBlocks(readFileSync(path, 'utf8'))) }))
  .filter(({ lines }) => lines.length > 0);

test.each(documents)('$document: its commands can be typed', async ({ lines }) => {
  const problems = await Promise.all(lines.map(problemWith));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});
