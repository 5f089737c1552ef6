import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lacksVulkanLoader } from './vulkan-loader.ts';

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
