/**
 * A contestant in a process of its own, asked over its standard input: one JSON line each way.
 *
 * The process first prints `{"ready": {...facts}}`, or `{"absent": "why it cannot take part"}` and ends. Each request line then gets one
 * reply line; `{"error": "..."}` is a failure of the request. Whatever else the process prints goes to standard error.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { benchError } from '../bench-error.ts';

export interface ProcessOptions {
  /** For error messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Changes to this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface ContestantProcess {
  readonly facts: Readonly<Record<string, unknown>>;
  /** @throws when the process answers with an error or ends */
  ask<Reply extends object>(request: object): Promise<Reply>;
  /** Ends the process and waits for that. */
  close(): Promise<void>;
}

export type StartedProcess = { readonly process: ContestantProcess } | { readonly absent: string };

/** @returns the process once it is ready, or the reason why it cannot take part */
export async function startProcess(options: ProcessOptions): Promise<StartedProcess> {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  const child = spawn(options.command, options.args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  child.stdin.on('error', () => {}); // the end of the process is reported by `ended`
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  const nextLine = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (done) return { ended: await ended };
    try {
      return JSON.parse(value) as Record<string, unknown>;
    } catch {
      throw benchError(
        'startProcess',
        `${options.name} must print one JSON object a line, got ${value.slice(0, 200)}.`,
      );
    }
  };

  const first = await nextLine();
  if (typeof first.absent === 'string') {
    child.stdin.end();
    await ended;
    return { absent: first.absent };
  }
  if (first.ready === undefined) return { absent: `could not be started: ${first.ended ?? JSON.stringify(first)}` };
  return {
    process: {
      facts: first.ready as Record<string, unknown>,
      async ask<Reply extends object>(request: object): Promise<Reply> {
        child.stdin.write(`${JSON.stringify(request)}\n`);
        const reply = await nextLine();
        const failure = reply.error ?? reply.ended;
        if (failure !== undefined)
          throw benchError('ask', `${options.name} failed at ${JSON.stringify(request)}: ${failure}`);
        return reply as Reply;
      },
      async close() {
        child.stdin.end();
        await ended;
      },
    },
  };
}
