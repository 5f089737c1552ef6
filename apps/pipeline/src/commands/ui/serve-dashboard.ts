/** Serves the dashboard on this machine's own address until Ctrl-C or SIGTERM. */
import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { createDashboardServer, readClientAssets } from '@marco-ts/dashboard';
import { createTerminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import type { CommandOutput } from '../pipeline.ts';
import { listenForStopSignals } from '../recipe/stop-signals.ts';
import { plannedStages } from './planned-stages.ts';

/** Never anything else: runs hold text that is nobody's business but the user's. */
const LOOPBACK = '127.0.0.1';

export interface ServeDashboardOptions {
  readonly directory: string;
  readonly port: number;
  readonly open?: boolean;
  readonly json?: boolean;
}

/** @throws BadInputError when the directory or the port is not to be had */
export async function serveDashboard(options: ServeDashboardOptions, { stdout, stderr }: CommandOutput): Promise<void> {
  const { directory, port } = options;
  if (!(await stat(directory).catch(() => undefined))?.isDirectory()) {
    throw new BadInputError(
      `[@marco-ts/pipeline] ui: the directory of runs must be there, got none at ${directory}. Start a run with \`marco run tiny-cpu\`, or name another directory.`,
    );
  }
  const app = await createDashboardServer({ directory, assets: await readClientAssets(), plannedStages });
  const { server, address } = await listen(app.fetch, port);
  if (options.json) stdout.write(`${JSON.stringify({ event: 'listening', address, directory })}\n`);
  else {
    const { style, write } = createTerminal(stderr);
    write(`${style('green', 'ready')} runs of ${directory}\n      ${style('bold', address)}   Ctrl-C stops\n`);
  }
  if (options.open) openInBrowser(address);
  const stop = listenForStopSignals(() => {});
  await new Promise<void>((resolve) => {
    const close = (): void => {
      server.close(() => resolve());
      // Pages listen for as long as they are open.
      server.closeAllConnections();
    };
    stop.signal.addEventListener('abort', close, { once: true });
  });
  stop.close();
}

async function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  port: number,
): Promise<{ server: Server; address: string }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: LOOPBACK, port }, (info) => {
      resolve({ server, address: `http://${LOOPBACK}:${info.port}` });
    }) as Server;
    server.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        new BadInputError(
          `[@marco-ts/pipeline] ui: the port must be free to listen at, got ${error.code} at ${LOOPBACK}:${port}. Choose another with --port, or 0 for a free one.`,
        ),
      );
    });
  });
}

function openInBrowser(address: string): void {
  const [command, ...leading] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const browser = spawn(command!, [...leading, address], { stdio: 'ignore', detached: true });
  // Without a browser the address has been told.
  browser.on('error', () => {});
  browser.unref();
}
