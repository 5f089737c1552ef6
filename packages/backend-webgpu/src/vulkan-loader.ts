/**
 * Whether this Linux lacks the Vulkan loader, found out without trying it: Dawn would print a warning of its own to standard output,
 * also for programs that then take another backend.
 *
 * Source: the search order in ld.so(8).
 */
const LOADER = 'libvulkan.so.1';
const CACHE = '/etc/ld.so.cache';
const DIRECTORIES = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'];

/** @returns false also where it cannot be known: on other systems, and where no cache of libraries exists */
export function lacksVulkanLoader(
  searchPath = process.env.LD_LIBRARY_PATH,
  cache = CACHE,
  directories = DIRECTORIES,
): boolean {
  if (process.platform !== 'linux') return false;
  // Asked for at run time, so that bundles for browsers carry no Node modules.
  const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
  const searched = (searchPath ?? '').split(':').filter((directory) => directory !== '');
  if ([...searched, ...directories].some((directory) => existsSync(`${directory}/${LOADER}`))) return false;
  try {
    return !readFileSync(cache).includes(LOADER);
  } catch {
    return false;
  }
}
