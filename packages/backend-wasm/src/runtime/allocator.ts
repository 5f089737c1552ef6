/**
 * First-fit-by-class allocator for the linear memory: segregated free lists, neighbours joined on release, every block 64-byte aligned.
 *
 * Source: Masmano et al. 2004, "TLSF: a new dynamic memory allocator for real-time systems" (two-level size classes).
 * Units: bytes.
 */

/** A run of linear memory; blocks form a list in address order, free ones also a list per size class. */
interface Block {
  start: number;
  size: number;
  isFree: boolean;
  before: Block | null;
  after: Block | null;
  previousFree: Block | null;
  nextFree: Block | null;
}

export interface Allocator {
  /** @returns address of at least `bytes` bytes, or -1 when `grow` refuses */
  allocate(bytes: number): number;
  /** Gives a block back; throws on an address that is not allocated. */
  free(address: number): void;
  /** Bytes handed out, after rounding to the alignment. */
  bytesInUse(): number;
  /** Bytes managed, free ones included. */
  bytesManaged(): number;
}

const ALIGNMENT = 64;
/** log2 of the classes per doubling. */
const CLASS_BITS = 3;
const CLASSES_PER_DOUBLING = 1 << CLASS_BITS;

/** Class of a size: eight per doubling, told by the first bit and the three after it. */
function classOf(size: number): number {
  const units = size / ALIGNMENT;
  const log = 31 - Math.clz32(units);
  const leading = log >= CLASS_BITS ? units >>> (log - CLASS_BITS) : units << (CLASS_BITS - log);
  return (log << CLASS_BITS) + leading - CLASSES_PER_DOUBLING;
}

/**
 * @param start first address to manage, a multiple of 64
 * @param size bytes there
 * @param grow asks for at least this many bytes directly after the managed range; returns how many came, 0 when none can
 */
export function createAllocator(start: number, size: number, grow: (bytes: number) => number): Allocator {
  const free: (Block | null)[] = new Array(40 * CLASSES_PER_DOUBLING).fill(null);
  /** A bit per class that has a block. */
  const filled = new Uint32Array(free.length / 32);
  const used = new Map<number, Block>();
  let last: Block | null = null;
  let inUse = 0;
  let managed = size;

  const insert = (block: Block): void => {
    const index = classOf(block.size);
    block.isFree = true;
    block.previousFree = null;
    block.nextFree = free[index] ?? null;
    if (block.nextFree) block.nextFree.previousFree = block;
    free[index] = block;
    filled[index >>> 5]! |= 1 << (index & 31);
  };
  const remove = (block: Block): void => {
    block.isFree = false;
    if (block.previousFree) {
      block.previousFree.nextFree = block.nextFree;
    } else {
      const index = classOf(block.size);
      free[index] = block.nextFree;
      if (!block.nextFree) filled[index >>> 5]! &= ~(1 << (index & 31));
    }
    if (block.nextFree) block.nextFree.previousFree = block.previousFree;
  };
  const append = (from: number, bytes: number): void => {
    if (last?.isFree) {
      remove(last);
      last.size += bytes;
      insert(last);
      return;
    }
    const block: Block = {
      start: from,
      size: bytes,
      isFree: true,
      before: last,
      after: null,
      previousFree: null,
      nextFree: null,
    };
    if (last) last.after = block;
    last = block;
    insert(block);
  };
  const find = (bytes: number): Block | null => {
    const index = classOf(bytes);
    for (let block = free[index] ?? null; block; block = block.nextFree) if (block.size >= bytes) return block;
    let word = (index + 1) >>> 5;
    let bits = filled[word]! & (-1 << ((index + 1) & 31));
    while (bits === 0) {
      if (++word === filled.length) return null;
      bits = filled[word]!;
    }
    return free[(word << 5) + 31 - Math.clz32(bits & -bits)]!;
  };
  if (size > 0) append(start, size);

  return {
    allocate(bytes) {
      const wanted = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
      let block = find(wanted);
      if (!block) {
        const missing = last?.isFree ? wanted - last.size : wanted;
        const came = grow(missing);
        if (came < missing) return -1;
        append(start + managed, came);
        managed += came;
        block = find(wanted);
        if (!block) return -1;
      }
      remove(block);
      if (block.size > wanted) {
        const rest: Block = {
          start: block.start + wanted,
          size: block.size - wanted,
          isFree: true,
          before: block,
          after: block.after,
          previousFree: null,
          nextFree: null,
        };
        if (block.after) block.after.before = rest;
        else last = rest;
        block.after = rest;
        block.size = wanted;
        insert(rest);
      }
      used.set(block.start, block);
      inUse += block.size;
      return block.start;
    },
    free(address) {
      let block = used.get(address);
      if (!block)
        throw new Error(
          `[@marco-ts/backend-wasm] free: the address must be allocated, got ${address}. This is a fault of the backend.`,
        );
      used.delete(address);
      inUse -= block.size;
      const { before, after } = block;
      if (after?.isFree) {
        remove(after);
        block.size += after.size;
        block.after = after.after;
        if (after.after) after.after.before = block;
        else last = block;
      }
      if (before?.isFree) {
        remove(before);
        before.size += block.size;
        before.after = block.after;
        if (block.after) block.after.before = before;
        else last = before;
        block = before;
      }
      insert(block);
    },
    bytesInUse: () => inUse,
    bytesManaged: () => managed,
  };
}
