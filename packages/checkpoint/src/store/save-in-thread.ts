/**
 * Writes a checkpoint in a thread of its own, so that hashing, converting and waiting for the disk take no time from the caller's.
 *
 * The arrays are handed over, not copied: the caller's are empty afterwards. A process that ends normally waits for the thread; one that
 * is killed leaves an unfinished directory, which loading passes over.
 */
import { Worker } from 'node:worker_threads';
import type { CheckpointContents } from './checkpoint-contents.ts';
import type { Retention } from './checkpoint-entries.ts';

export interface SaveRequest {
  readonly root: string;
  readonly step: number;
  readonly contents: CheckpointContents;
  readonly retention: Retention;
}

export type SaveReply = { readonly path: string } | { readonly error: string };

/** @returns as `writeCheckpoint` does */
export function saveInThread(request: SaveRequest): Promise<string> {
  // beside this file in the sources, and beside the bundle in a build
  const script = new URL(import.meta.url.endsWith('.ts') ? './save-thread.ts' : './save-thread.js', import.meta.url);
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { workerData: request, transferList: buffersOf(request.contents) });
    worker.once('message', (reply: SaveReply) => {
      if ('path' in reply) resolve(reply.path);
      else reject(new Error(reply.error));
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      reject(
        new Error(
          `[@marco-ts/checkpoint] save: the thread must end with a reply, got exit code ${code} at ${request.root}. Is there memory left?`,
        ),
      );
    });
  });
}

function buffersOf({ groups }: CheckpointContents): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const arrays of Object.values(groups)) {
    for (const { data } of arrays.values()) buffers.add(data.buffer as ArrayBuffer);
  }
  return [...buffers];
}
