import { expect, test } from 'vitest';
import { type GuardableBackend, guardAllocations } from './guard-allocations.ts';

function guarded(shape: number[], answer: { message: string } | null = null) {
  const failures: Error[] = [];
  let numUploads = 0;
  let numScopes = 0;
  const tensor: { shape: number[]; dtype: string; resource?: unknown } = { shape, dtype: 'float32' };
  const backend: GuardableBackend = {
    device: {
      limits: { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 },
      pushErrorScope: () => void numScopes++,
      popErrorScope: () => Promise.resolve(answer),
    },
    tensorMap: { get: () => tensor },
    uploadToGPU: () => {
      numUploads++;
      tensor.resource = {};
    },
  };
  guardAllocations(backend, { fail: (error) => failures.push(error) });
  return { upload: () => backend.uploadToGPU({}), failures, counts: () => ({ numUploads, numScopes }) };
}

test('a tensor beyond the smaller limit is refused by shape before the device is asked', () => {
  const { upload, counts } = guarded([8192, 8192]);
  expect(upload).toThrow(
    '[@marco-ts/backend-webgpu] allocate: a tensor must fit into one buffer, maxStorageBufferBindingSize 134217728 bytes on this adapter, ' +
      'got float32 [8192, 8192] of 268435456 bytes. Lower microBatchSize or sequenceLength, turn recomputation on, or split the tensor.',
  );
  expect(counts()).toEqual({ numUploads: 0, numScopes: 0 });
});

test('memory that the device does not have is told with the shape', async () => {
  const { upload, failures } = guarded([1024, 1024], { message: 'VK_ERROR_OUT_OF_DEVICE_MEMORY.\n  at createBuffer' });
  upload();
  await new Promise(setImmediate);
  expect(failures.map(({ message }) => message)).toEqual([
    '[@marco-ts/backend-webgpu] allocate: tensors must fit into GPU memory, got float32 [1024, 1024] of 4194304 bytes: VK_ERROR_OUT_OF_DEVICE_MEMORY. ' +
      'Lower microBatchSize or sequenceLength, turn recomputation on, or split the tensor.',
  ]);
});

test('what fits passes, is asked about once, and small tensors not at all', async () => {
  const large = guarded([1024, 1024]);
  large.upload();
  large.upload();
  const small = guarded([16]);
  small.upload();
  await new Promise(setImmediate);
  expect(large.counts()).toEqual({ numUploads: 2, numScopes: 1 });
  expect(small.counts()).toEqual({ numUploads: 1, numScopes: 0 });
  expect([...large.failures, ...small.failures]).toEqual([]);
});
