import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { findDawn } from './find-gpu.ts';
import { describeAdapter, requestAdapter } from './request-adapter.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'marco-backend-webgpu-'));
  directories.push(directory);
  return directory;
}

test('finds npm webgpu from the directory of the program, without loading it', () => {
  const directory = temporaryDirectory();
  const root = join(directory, 'node_modules', 'webgpu');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'webgpu', version: '0.6.2', main: 'index.js' }));
  writeFileSync(join(root, 'index.js'), "throw new Error('was loaded')");
  expect(findDawn([directory])).toEqual({ entry: join(root, 'index.js'), version: '0.6.2' });
});

test('finds nothing where nothing is', () => {
  const { NODE_PATH } = process.env;
  expect(NODE_PATH === undefined ? findDawn([temporaryDirectory()]) : undefined).toBeUndefined();
});

interface FakeInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

const adapter = (info: FakeInfo) =>
  ({
    info: { vendor: '', architecture: '', device: '', description: '', ...info },
    features: new Set(['subgroups', 'shader-f16']),
    limits: { maxBufferSize: 1024 },
  }) as unknown as GPUAdapter;

test.each<[FakeInfo, string, boolean]>([
  [{ vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100' }, 'nvidia hopper NVIDIA H100', false],
  [{ vendor: 'google', architecture: 'swiftshader', device: 'x' }, 'google swiftshader x', true],
  [{ vendor: 'mesa', description: 'llvmpipe (LLVM 19)' }, 'mesa llvmpipe (LLVM 19)', true],
  [{ vendor: 'microsoft', description: 'Basic Render Driver' }, 'microsoft Basic Render Driver', true],
  [{ vendor: 'intel', isFallbackAdapter: true }, 'intel', true],
  [{}, 'unnamed adapter', false],
])('%j is named and known as emulated or not', (info, name, isSoftware) => {
  expect(describeAdapter(adapter(info))).toEqual({
    name,
    isSoftware,
    features: ['shader-f16', 'subgroups'],
    maxBufferSizeBytes: 1024,
  });
});

test.runIf(process.platform === 'linux')(
  'no adapter names the Vulkan loader, the driver and the variable that finds it',
  async () => {
    const gpu = { requestAdapter: async () => null } as unknown as GPU;
    const failure = requestAdapter('registerWebGpuBackend', gpu);
    await expect(failure).rejects.toThrow(
      /a GPU adapter must be present, got none\. .*libvulkan\.so\.1.*VK_ICD_FILENAMES/,
    );
    await expect(failure).rejects.toHaveProperty('fix', expect.stringContaining('apt-get install libvulkan1'));
  },
);
