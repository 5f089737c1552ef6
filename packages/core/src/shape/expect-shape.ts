/**
 * Shape documentation that cannot lie: reads the dimension letters at the end of each name and holds the tensors to them.
 *
 * Source: the shape suffixes of Noam Shazeer (2024), "Shape Suffixes - Good Coding Style".
 * Shapes: any letter; the same letter must have the same size everywhere in one call. The repository's legend: B batch, L query
 * length, S key length, D hidden, N query heads, K key/value heads, H head size, F feed-forward, V vocabulary, T rows.
 */
import { errorPrefix } from '../core-error.ts';
import type { tf } from '../tf.ts';
import { ShapeError } from './shape-error.ts';

type Letters<Suffix extends string> = Suffix extends `${infer First}${infer Rest}` ? First | Letters<Rest> : never;
type LettersOf<Name> = Name extends `${string}_${infer Suffix}` ? Letters<Suffix> : never;

/**
 * @param op the function whose arguments these are; `@marco-ts/model qwen2Hidden` names another package's function
 * @param tensors keyed by name and suffix, for instance `{ x_BLD, weight_D }`
 * @returns the size of every letter
 * @throws ShapeError listing every shape when a rank or a size does not fit
 */
export function expectShape<Name extends `${string}_${string}`>(
  op: string,
  tensors: Readonly<Record<Name, tf.Tensor>>,
): Record<LettersOf<Name>, number> {
  const sizes: Record<string, number> = {};
  for (const name of Object.keys(tensors) as Name[]) {
    const tensor: tf.Tensor = tensors[name];
    const letters = lettersOf(name);
    if (tensor?.shape === undefined) {
      throw new ShapeError(`${errorPrefix(op)}: ${name} must be a tensor, got ${tensor}.`);
    }
    const { shape } = tensor;
    if (shape.length !== letters.length) {
      throw mismatch(op, tensors, `${name} must have ${letters.length} dimensions [${letters}]`);
    }
    for (let axis = 0; axis < letters.length; axis++) {
      const letter = letters[axis]!;
      const size = shape[axis]!;
      const before = sizes[letter];
      if (before === undefined) {
        sizes[letter] = size;
      } else if (before !== size) {
        const first = Object.keys(tensors).find((other) => lettersOf(other).includes(letter));
        throw mismatch(op, tensors, `${letter} must be one size, but is ${before} in ${first} and ${size} in ${name}`);
      }
    }
  }
  return sizes as Record<LettersOf<Name>, number>;
}

/** Names are written in the code, so there are few; taking them apart at each call was 3% of a small model's decoding. */
const knownLetters = new Map<string, readonly string[]>();

function lettersOf(name: string): readonly string[] {
  let letters = knownLetters.get(name);
  if (letters === undefined) {
    letters = [...name.slice(name.lastIndexOf('_') + 1)];
    knownLetters.set(name, letters);
  }
  return letters;
}

function mismatch(op: string, tensors: Readonly<Record<string, tf.Tensor>>, rule: string): ShapeError {
  const shapes = Object.entries(tensors).map(([name, tensor]) => `${name} [${tensor?.shape ?? 'not a tensor'}]`);
  return new ShapeError(`${errorPrefix(op)}: ${rule}, got ${shapes.join(', ')}.`);
}
