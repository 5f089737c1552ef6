/**
 * Runs one program to its end and keeps what it said.
 */
import { spawn } from 'node:child_process';

export interface ToolResult {
  /** 0 when it did what it should. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The program is not there or may not be run; then nothing was started. */
  readonly isMissing: boolean;
}

export interface ToolOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Compilers can say megabytes; what matters for an error stands at the end. */
const KEPT_CHARACTERS = 256 * 1024;

/** @param command a path, or a name looked up in `env.PATH`; no shell comes between, so nothing needs quoting */
export function runTool(command: string, args: readonly string[], { env, cwd }: ToolOptions): Promise<ToolResult> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    const child = spawn(command, args, {
      // Messages in English: they are searched for a full disk.
      env: { ...env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT_CHARACTERS);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT_CHARACTERS);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const isMissing = ['ENOENT', 'EACCES', 'ENOTDIR', 'ENOEXEC'].includes(error.code ?? '');
      resolve({ exitCode: null, stdout, stderr: error.message, isMissing });
    });
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr, isMissing: false }));
  });
}

/** The last lines that say something, for an error message. */
export function lastLines({ stdout, stderr }: ToolResult, count: number): string {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');
  const said = lines(stderr).length > 0 ? lines(stderr) : lines(stdout);
  return said.slice(-count).join('\n');
}

export function saysDiskIsFull({ stdout, stderr }: ToolResult): boolean {
  return /No space left on device|ENOSPC|Disk quota exceeded/.test(stdout + stderr);
}
