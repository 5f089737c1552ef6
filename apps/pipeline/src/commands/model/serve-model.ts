/** Loads a model, listens, and answers until Ctrl-C or SIGTERM; an answer under way is finished by a first Ctrl-C. */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { createTerminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import { formatDuration } from '../../format/format-quantity.ts';
import { createCompletionEngine } from '../../serving/completion-engine.ts';
import { createApiServer } from '../../serving/create-api-server.ts';
import { openChatModel } from '../../serving/open-chat-model.ts';
import type { CommandOutput } from '../pipeline.ts';
import { listenForStopSignals } from '../recipe/stop-signals.ts';
import type { ModelOptions } from './model-options.ts';

export interface ServeModelOptions extends ModelOptions {
  readonly directory: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly apiKey?: string;
  readonly name?: string;
  readonly json?: boolean;
}

export async function serveModel(options: ServeModelOptions, { stdout, stderr }: CommandOutput): Promise<void> {
  const terminal = createTerminal(stderr);
  const model = await openChatModel({
    directory: options.directory,
    prefer: options.backend && [options.backend],
    numThreads: options.threads,
  });
  const id = options.name ?? model.id;
  const app = createApiServer({
    model: { ...model, id },
    engine: createCompletionEngine(model),
    apiKey: options.apiKey,
    onAnswer: (line) => {
      if (options.json) stdout.write(`${JSON.stringify({ event: 'answer', ...line })}\n`);
      else {
        const { path, numPromptTokens, numNewTokens, durationMs } = line;
        const seconds = formatDuration(durationMs / 1000);
        terminal.write(`${path}  ${numPromptTokens} tokens read, ${numNewTokens} written  ${seconds}\n`);
      }
    },
  });
  const { server, address } = await listen(app.fetch, options.host, options.port);
  if (options.json) {
    stdout.write(`${JSON.stringify({ event: 'listening', address, model: id, backend: model.backend.name })}\n`);
  } else {
    terminal.write(
      `${terminal.style('green', 'ready')} ${id} from ${model.directory} on ${model.backend.name}\n` +
        `      ${terminal.style('bold', `${address}/v1`)}   Ctrl-C stops\n`,
    );
  }
  const stop = listenForStopSignals(() => {});
  try {
    await new Promise<void>((resolve) => {
      stop.signal.addEventListener('abort', () => server.close(() => resolve()), { once: true });
    });
  } finally {
    stop.close();
    model.close();
  }
}

async function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  hostname: string,
  port: number,
): Promise<{ server: Server; address: string }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname, port }, (info) => {
      const host = info.family === 'IPv6' ? `[${info.address}]` : info.address;
      resolve({ server, address: `http://${host}:${info.port}` });
    }) as Server;
    server.on('error', (error: NodeJS.ErrnoException) => {
      const next = error.code === 'EADDRINUSE' ? 'Choose another with --port, or 0 for a free one.' : 'Check --host.';
      reject(
        new BadInputError(
          `[@marco-ts/pipeline] serve: the address must be free to listen at, got ${error.code} at ${hostname}:${port}. ${next}`,
        ),
      );
    });
  });
}
