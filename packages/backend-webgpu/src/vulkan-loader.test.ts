import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lacksVulkanDriver, lacksVulkanLoader } from './vulkan-loader.ts';

const directory = mkdtempSync(join(tmpdir(), 'marco-backend-webgpu-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
mkdirSync(join(directory, 'drivers'));
writeFileSync(join(directory, 'drivers', 'libvulkan.so.1'), '');
writeFileSync(join(directory, 'without'), Buffer.from('\0libz.so.1\0'));
writeFileSync(join(directory, 'with'), Buffer.from('\0libz.so.1\0libvulkan.so.1\0'));

const place = (name: string) => join(directory, name);

test.runIf(process.platform === 'linux').each([
  ['in the cache', undefined, 'with', [], false],
  ['on the search path', `/nowhere:${place('drivers')}`, 'without', [], false],
  ['in a standard directory', undefined, 'without', [place('drivers')], false],
  ['nowhere', '/nowhere:', 'without', [directory], true],
  ['perhaps: there is no cache', undefined, 'absent', [], false],
] as const)('the loader is %s', (_, searchPath, cache, directories, lacks) => {
  expect(lacksVulkanLoader(searchPath ?? '', place(cache), [...directories])).toBe(lacks);
});

mkdirSync(join(directory, 'share', 'vulkan', 'icd.d'), { recursive: true });
writeFileSync(join(directory, 'share', 'vulkan', 'icd.d', 'radeon_icd.x86_64.json'), '{}');
mkdirSync(join(directory, 'empty', 'vulkan', 'icd.d'), { recursive: true });

test.runIf(process.platform === 'linux').each([
  ['in a directory of data', { XDG_DATA_DIRS: `/nowhere:${place('share')}` }, [], false],
  ['of the user', { XDG_DATA_HOME: place('share') }, [], false],
  ['in a standard directory', {}, [place('share')], false],
  ['named by a variable', { VK_ICD_FILENAMES: '/nowhere/x.json' }, [], false],
  ['nowhere', {}, [place('empty')], true],
] as const)('the driver is %s', (_, env, directories, lacks) => {
  const bare = { HOME: directory, XDG_CONFIG_DIRS: '/nowhere', XDG_DATA_DIRS: '/nowhere', ...env };
  expect(lacksVulkanDriver(bare, [...directories])).toBe(lacks);
});
