/**
 * One hash over everything that a run made, so that two runs can be compared: published files, units and their reports.
 *
 * Left out is what may differ between equal runs: the plan with its paths and number of ranks, states and logs of ranks.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

const LEFT_OUT = /^(plan\.json|inputs\.json|slurm\/.*|kubernetes\/.*|stages\/[^/]+\/(ranks|logs|writing)\/.*)$/;

/** @returns SHA-256, hexadecimal */
export async function hashRun(output: string): Promise<string> {
  const entries = await readdir(output, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(output, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !LEFT_OUT.test(name))
    .sort();
  const whole = createHash('sha256');
  for (const name of names) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(output, name))) hash.update(chunk as Uint8Array);
    whole.update(`${name}\0${hash.digest('hex')}\n`);
  }
  return whole.digest('hex');
}
