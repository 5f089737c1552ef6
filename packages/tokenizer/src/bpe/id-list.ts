/**
 * A growing list of ids, so that many pieces, or many texts, need no array each.
 */

/** The first `count` of an array, which is replaced by a larger one when it is full. */
export interface IdList {
  ids: Int32Array;
  count: number;
}

/** Makes room for `extra` ids behind those that are there. */
export function reserve(list: IdList, extra: number): void {
  if (list.count + extra <= list.ids.length) return;
  const larger = new Int32Array(Math.max(list.ids.length * 2, list.count + extra));
  larger.set(list.ids.subarray(0, list.count));
  list.ids = larger;
}

/** Puts ids behind those of the list. */
export function appendIds(list: IdList, ids: ArrayLike<number>): void {
  reserve(list, ids.length);
  list.ids.set(ids, list.count);
  list.count += ids.length;
}
