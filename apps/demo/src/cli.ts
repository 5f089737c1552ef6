/**
 * Serves the demo: `node --conditions=@marco-ts/source src/cli.ts <model directory> [--port 8723]`.
 */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPage } from './server/build-page.ts';
import { createDemoServer } from './server/create-demo-server.ts';

const USAGE = 'Usage: pnpm demo <model directory> [--port 8723]';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string', default: '8723' }, help: { type: 'boolean', short: 'h' } },
  });
  // pnpm runs the script in this package; a person's path is relative to where the person stands.
  const given = positionals[0] && resolve(process.env.INIT_CWD ?? '.', positionals[0]);
  if (values.help) console.log(USAGE);
  else if (given === undefined || !existsSync(join(given, 'config.json')))
    throw new Error(
      `[@marco-ts/demo] demo: a model directory holds config.json, got ${given ?? 'nothing'}. A run exports one: runs/<name>/14-export/hugging-face.`,
    );
  else {
    const server = createDemoServer(await buildPage(), given);
    server.on('error', fail);
    server.listen(Number(values.port), '127.0.0.1', () =>
      console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/  Ctrl-C stops it`),
    );
  }
} catch (error) {
  fail(error as Error);
}

function fail(error: Error): void {
  console.error(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
