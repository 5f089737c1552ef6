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
  const setBy: Record<string, string> = {};
  for (const [name, tensor] of Object.entries<tf.Tensor>(tensors)) {
    const letters = name.slice(name.lastIndexOf('_') + 1);
    if (tensor?.shape === undefined) {
      throw new ShapeError(`${errorPrefix(op)}: ${name} must be a tensor, got ${tensor}.`);
    }
    if (tensor.shape.length !== letters.length) {
      throw mismatch(op, tensors, `${name} must have ${letters.length} dimensions [${[...letters]}]`);
    }
    for (const [axis, letter] of [...letters].entries()) {
      const size = tensor.shape[axis]!;
      if (letter in sizes && sizes[letter] !== size) {
        throw mismatch(
          op,
          tensors,
          `${letter} must be one size, but is ${sizes[letter]} in ${setBy[letter]} and ${size} in ${name}`,
        );
      }
      sizes[letter] = size;
      setBy[letter] ??= name;
    }
  }
  return sizes as Record<LettersOf<Name>, number>;
}

function mismatch(op: string, tensors: Readonly<Record<string, tf.Tensor>>, rule: string): ShapeError {
  const shapes = Object.entries(tensors).map(([name, tensor]) => `${name} [${tensor?.shape ?? 'not a tensor'}]`);
  return new ShapeError(`${errorPrefix(op)}: ${rule}, got ${shapes.join(', ')}.`);
}
