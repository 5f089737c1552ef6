/**
 * Whether this Linux lacks the Vulkan loader, or any driver for it, found out without trying: Dawn would print warnings of its own,
 * also for programs that then take another backend.
 *
 * Source: the search order in ld.so(8); the driver manifests of Vulkan-Loader's LoaderDriverInterface.md.
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

/** Beside what the variables of XDG name; the last is where NixOS has its drivers. */
const DATA_DIRECTORIES = ['/etc', '/usr/local/etc', '/run/opengl-driver/share'];

/** @returns false also where it cannot be known: on other systems, and where a variable of the loader names drivers */
export function lacksVulkanDriver(
  env: Readonly<Record<string, string | undefined>> = process.env,
  directories = DATA_DIRECTORIES,
): boolean {
  if (process.platform !== 'linux') return false;
  if (env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES || env.VK_ADD_DRIVER_FILES) return false;
  const { readdirSync } = process.getBuiltinModule('node:fs');
  const searched = [
    env.XDG_CONFIG_HOME || `${env.HOME}/.config`,
    env.XDG_CONFIG_DIRS || '/etc/xdg',
    env.XDG_DATA_HOME || `${env.HOME}/.local/share`,
    env.XDG_DATA_DIRS || '/usr/local/share:/usr/share',
  ].flatMap((paths) => paths.split(':').filter((path) => path !== ''));
  return ![...searched, ...directories].some((directory) => {
    try {
      return readdirSync(`${directory}/vulkan/icd.d`).some((name) => name.endsWith('.json'));
    } catch {
      return false;
    }
  });
}
