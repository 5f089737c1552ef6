/**
 * Puts back the functions of Node's `util` that tfjs-node 4.22.0 calls and that current Node lacks: `isNullOrUndefined` went in Node 23,
 * `isArray` is deprecated and still there in Node 24.
 *
 * Source: four call sites in tfjs-node `nodejs_kernel_backend.js` (`isNullOrUndefined` three times, `isArray` once); mended upstream
 * after the last release.
 */
const REMOVED: Readonly<Record<string, (value: unknown) => boolean>> = {
  isNullOrUndefined: (value) => value === null || value === undefined,
  isArray: (value) => Array.isArray(value),
};

/**
 * @param util the module object that `require('util')` gives; only functions that are absent are added
 * @returns the names that were put back
 */
export function restoreRemovedFunctions(util: object): string[] {
  const target = util as Record<string, unknown>;
  const missing = Object.keys(REMOVED).filter((name) => typeof target[name] !== 'function');
  for (const name of missing) {
    Object.defineProperty(target, name, {
      value: REMOVED[name],
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
  return missing;
}
