/** What every command of the command line works with, and the pieces that several of them share. */
import { basename, relative } from 'node:path';
import type { CommandOutput, Pipeline } from './pipeline.ts';

export interface CommandContext {
  readonly pipeline: Pipeline;
  readonly output: CommandOutput;
  /** the exit code of a command that ends well but has bad news; an error that is thrown sets its own */
  setExitCode(code: number): void;
}

/** Of every command that runs stages. */
export const DISCARD_OPTION = [
  '--discard-unfinished',
  'delete what a half-done stage has saved where its recipe changed, and begin it anew (default: refuse)',
] as const;

export const EXIT_CODE_HELP = `
Exit codes:
  0    done, or nothing was left to do
  1    a stage or command failed
  2    bad input: recipe, option, directory
  130  stopped by Ctrl-C, what was done is saved
  143  stopped by SIGTERM, what was done is saved
  138  stopped by SIGUSR1 (Slurm's --signal=USR1@60), what was done is saved`;

/** For options that can be repeated. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/** How this command was called, so that what it prints can be typed: installed as `marco`, or the file of the repository. */
export function ownCommand(): string {
  const path = process.argv[1] ?? 'marco';
  if (/^marco(\.cmd)?$/.test(basename(path)) || !/^cli\.[jt]s$/.test(basename(path))) return 'marco';
  const near = relative(process.cwd(), path);
  return `node ${quoted(near.startsWith('..') ? path : near)}`;
}

/** @returns the path as a shell reads it */
export function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
