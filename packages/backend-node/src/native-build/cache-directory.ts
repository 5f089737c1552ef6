/**
 * Where native builds are kept: `$MARCO_CACHE`, else `marco-ts` below the user's cache folder.
 *
 * Source: XDG Base Directory Specification 0.8, `XDG_CACHE_HOME`.
 */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  // Asked for at run time, so that bundles for browsers carry no Node modules.
  const { homedir } = process.getBuiltinModule('node:os');
  const { isAbsolute, join, resolve } = process.getBuiltinModule('node:path');
  if (env.MARCO_CACHE) return resolve(env.MARCO_CACHE);
  // The specification has relative paths ignored.
  const userCache =
    env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : join(env.HOME || homedir(), '.cache');
  return join(userCache, 'marco-ts');
}
