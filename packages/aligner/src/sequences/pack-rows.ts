/**
 * Best-fit decreasing packing of whole sequences into rows of equal length.
 *
 * Source: Ding et al. 2024, arXiv:2404.10830. Ties go to the earlier sequence and the earlier row, so the result depends on nothing but its input.
 */

/**
 * @param lengths of the sequences, each in [1, capacity]
 * @returns rows of sequence indices, longest first within a row
 * @throws Error when a sequence is longer than a row
 */
export function packRows(lengths: ArrayLike<number>, capacity: number): number[][] {
  const order = Array.from(lengths, (_, index) => index).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const rows: number[][] = [];
  /** Rows by the room they have left, oldest first. */
  const byRoom: number[][] = Array.from({ length: capacity + 1 }, () => []);
  for (const index of order) {
    const length = lengths[index]!;
    if (!(length >= 1 && length <= capacity)) {
      throw new Error(
        `[@marco-ts/aligner] packRows: a sequence must have 1 to ${capacity} tokens, got ${length} at sequence ${index}. Drop it first.`,
      );
    }
    let room = length;
    while (room <= capacity && byRoom[room]!.length === 0) room++;
    let row: number;
    if (room > capacity) {
      room = capacity;
      row = rows.push([]) - 1;
    } else {
      row = byRoom[room]!.shift()!;
    }
    rows[row]!.push(index);
    byRoom[room - length]!.push(row);
  }
  return rows;
}
