/**
 * Measures several contestants in turns, so that whatever else the machine does meets all of them.
 */
import { benchError } from '../bench-error.ts';

export interface Contestant {
  readonly name: string;
  /** Takes one measurement. */
  measure(): number | Promise<number>;
}

/**
 * @param rounds in each, every contestant measures once; every second round goes backward, so that nobody always comes after the same one
 * @returns the measurements by name, in the order of the contestants
 */
export async function alternate(contestants: readonly Contestant[], rounds: number): Promise<Map<string, number[]>> {
  if (!Number.isInteger(rounds) || rounds < 1)
    throw benchError('alternate', `rounds must be an integer from 1, got ${rounds}.`);
  const samples = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  if (samples.size !== contestants.length)
    throw benchError('alternate', `names must differ, got ${contestants.map(({ name }) => name).join(', ')}.`);
  for (let round = 0; round < rounds; round++) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      samples.get(contestant.name)!.push(await contestant.measure());
    }
  }
  return samples;
}
