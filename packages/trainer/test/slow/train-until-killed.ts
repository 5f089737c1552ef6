/**
 * A run that waits for a line on its standard input, then trains and saves until it is killed or done. Run by `random-kills.test.ts`.
 *
 * Arguments: directory, steps, steps between checkpoints, milliseconds per step, `thread` or `beside` (where checkpoints are written). Prints `ready`, `started <step>`, then at the end the hash
 * of everything that a run is.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCheckpointStore } from '@marco-ts/checkpoint';
import { initBackend } from '@marco-ts/core';
import { adamw, chain, clipByGlobalNorm, exponentialAverage, train } from '@marco-ts/trainer';
import { toyLoss, toyParams, toyRows } from '../toy/toy-problem.ts';

const [directory, numSteps, every, paceMs, where] = process.argv.slice(2);
const store = createCheckpointStore(directory!, { keepLast: 2, inThread: where === 'thread' });
await initBackend({ prefer: ['cpu'] });
const params = toyParams();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.unref();

const run = train({
  params,
  lossFn: toyLoss,
  batchAt: async (index) => {
    if (Number(paceMs) > 0) await sleep(Number(paceMs));
    return toyRows(index * 2, 2);
  },
  numSteps: Number(numSteps),
  optimizer: chain(clipByGlobalNorm(1), adamw({ learningRate: (step) => 0.1 / Math.sqrt(1 + step) })),
  average: exponentialAverage({ decay: 0.99 }),
  guard: { onFault: 'skip', spikes: {} },
  checkpoints: { store, every: Number(every), configHash: 'kills' },
});
for await (const event of run) if (event.type === 'run-started') process.stdout.write(`started ${event.step}\n`);

const { groups, state } = (await store.load(Number(numSteps)))!;
const hash = createHash('sha256').update(JSON.stringify(state));
for (const name of Object.keys(groups).sort()) {
  for (const [key, { data }] of [...groups[name]!].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(key).update(data);
}
process.stdout.write(`hash ${hash.digest('hex')}\n`);
