/**
 * A seeded order of the same items for every epoch, found for any epoch without the ones before it.
 */
import { createRandom } from '@marco-ts/core';

/**
 * @param numItems items of one epoch
 * @returns item at a position of the endless stream of epochs; an epoch's order is kept until another epoch is asked for
 */
export function epochOrder(numItems: number, seed: number | string): (position: number) => number {
  const random = createRandom(seed);
  let epoch = -1;
  let order = new Int32Array(0);
  return (position) => {
    const wanted = Math.floor(position / numItems);
    if (wanted !== epoch) {
      order = Int32Array.from(random.fork(`epoch ${wanted}`).permutation(numItems));
      epoch = wanted;
    }
    return order[position - wanted * numItems]!;
  };
}
