/**
 * The thread that `saveInThread` starts: one checkpoint, one reply.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { SaveReply, SaveRequest } from './save-in-thread.ts';
import { writeCheckpoint } from './write-checkpoint.ts';

const { root, step, contents, retention } = workerData as SaveRequest;
let reply: SaveReply;
try {
  reply = { path: await writeCheckpoint(root, step, contents, retention) };
} catch (error) {
  reply = { error: error instanceof Error ? error.message : String(error) };
}
parentPort!.postMessage(reply);
