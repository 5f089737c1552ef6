/**
 * Thrown when tensors do not fit each other. Known by a marker, so it is recognised across duplicate installs of this package.
 */
const MARKER = Symbol.for('@marco-ts/core/ShapeError');

/** The error of `expectShape`: its message lists every shape. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  readonly [MARKER] = true;

  /** Works where `instanceof` fails: on errors made by another copy of this package. */
  static isShapeError(error: unknown): error is ShapeError {
    return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[MARKER] === true;
  }
}
