/** Compares two evaluations in a thread of its own: the resampling takes seconds, in which the server answers others. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ComparisonView } from '../../api-types.ts';
import type { JsonRecord } from '../json-shape.ts';

/** Contents of two `evaluation.json`. */
export interface ComparisonRequest {
  readonly before: JsonRecord;
  readonly after: JsonRecord;
}

export type ComparisonReply = { readonly rows: ComparisonView[] } | { readonly error: string };

/** @throws Error of `compareResults` when the two cannot be compared */
export function compareInThread(request: ComparisonRequest): Promise<ComparisonView[]> {
  // Beside this file: TypeScript in the sources, where packages are taken from their sources too, and JavaScript in the package.
  const built = new URL('./comparison-thread.js', import.meta.url);
  const [script, conditions] = existsSync(built)
    ? [built, []]
    : [new URL('./comparison-thread.ts', import.meta.url), ['--conditions=@marco-ts/source']];
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { workerData: request, execArgv: [...process.execArgv, ...conditions] });
    worker.once('message', (reply: ComparisonReply) => {
      if ('rows' in reply) resolve(reply.rows);
      else reject(new Error(reply.error));
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the comparison ended without a result, with exit code ${code}`)));
  });
}
