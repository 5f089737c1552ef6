/**
 * Python's `random.Random(seed)`: the same few-shot examples as lm-evaluation-harness draws.
 *
 * Source: Matsumoto and Nishimura 1998 (MT19937, `init_by_array`); CPython 3.11 `Random.sample` and `_randbelow`.
 */
import { inputError } from '../../input-error.ts';

export interface PythonRandom {
  /** a whole number from 0 to `limit` - 1 */
  below(limit: number): number;
  /** `count` different members of the list, in drawn order */
  sample<Item>(population: readonly Item[], count: number): Item[];
}

const STATE_SIZE = 624;
const SHIFT_SIZE = 397;

/**
 * @param seed a whole number; its sign does not matter, as in Python
 * @throws Error when the seed is no safe integer, or a sample is larger than its population
 */
export function pythonRandom(seed: number): PythonRandom {
  if (!Number.isSafeInteger(seed)) {
    throw inputError('pythonRandom', `the seed must be a whole number, got ${seed}. lm-evaluation-harness's is 1234.`);
  }
  const state = initialState(Math.abs(seed));
  let position = STATE_SIZE;

  const nextWord = (): number => {
    if (position === STATE_SIZE) {
      twist(state);
      position = 0;
    }
    let word = state[position++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  };

  const below = (limit: number): number => {
    const numBits = 32 - Math.clz32(limit);
    let drawn = nextWord() >>> (32 - numBits);
    while (drawn >= limit) drawn = nextWord() >>> (32 - numBits);
    return drawn;
  };

  const sample = <Item>(population: readonly Item[], count: number): Item[] => {
    const size = population.length;
    if (count > size) {
      throw inputError('pythonRandom', `a sample must not be larger than its population, got ${count} of ${size}.`);
    }
    if (size <= poolLimit(count)) {
      const pool = [...population];
      return Array.from({ length: count }, (_, index) => {
        const drawn = below(size - index);
        const item = pool[drawn]!;
        pool[drawn] = pool[size - index - 1]!;
        return item;
      });
    }
    const taken = new Set<number>();
    while (taken.size < count) taken.add(below(size));
    return [...taken].map((index) => population[index]!);
  };

  return { below, sample };
}

/** Up to this size CPython draws from a copy of the list, above it by rejection. */
function poolLimit(count: number): number {
  return count > 5 ? 21 + 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 21;
}

function initialState(seed: number): Uint32Array {
  const key = seed >= 2 ** 32 ? [seed >>> 0, Math.floor(seed / 2 ** 32)] : [seed];
  const state = new Uint32Array(STATE_SIZE);
  state[0] = 19650218;
  for (let index = 1; index < STATE_SIZE; index++) {
    state[index] = Math.imul(1812433253, scrambled(state, index)) + index;
  }
  let at = 1;
  let keyAt = 0;
  for (let step = Math.max(STATE_SIZE, key.length); step > 0; step--) {
    state[at] = (state[at]! ^ Math.imul(scrambled(state, at), 1664525)) + key[keyAt]! + keyAt;
    at = following(state, at);
    keyAt = (keyAt + 1) % key.length;
  }
  for (let step = STATE_SIZE - 1; step > 0; step--) {
    state[at] = (state[at]! ^ Math.imul(scrambled(state, at), 1566083941)) - at;
    at = following(state, at);
  }
  state[0] = 0x80000000;
  return state;
}

function scrambled(state: Uint32Array, index: number): number {
  const before = state[index - 1]!;
  return before ^ (before >>> 30);
}

function following(state: Uint32Array, index: number): number {
  if (index + 1 < STATE_SIZE) return index + 1;
  state[0] = state[STATE_SIZE - 1]!;
  return 1;
}

function twist(state: Uint32Array): void {
  for (let index = 0; index < STATE_SIZE; index++) {
    const mixed = (state[index]! & 0x80000000) | (state[(index + 1) % STATE_SIZE]! & 0x7fffffff);
    const shifted = state[(index + SHIFT_SIZE) % STATE_SIZE]! ^ (mixed >>> 1);
    state[index] = mixed & 1 ? shifted ^ 0x9908b0df : shifted;
  }
}
