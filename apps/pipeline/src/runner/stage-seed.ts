/** Gives each stage a seed of its own, so that a change in one stage's draws moves no other stage's. */
import { createHash } from 'node:crypto';

/** @returns an integer in [0, 2^32) that follows from the recipe's seed and the stage's name */
export function stageSeed(seed: number, stageName: string): number {
  return createHash('sha256').update(`${seed}/${stageName}`).digest().readUInt32LE(0);
}
