import { expect, test } from 'vitest';
import { type WatchableDevice, watchDevice } from './watch-device.ts';

type LostInfo = Awaited<WatchableDevice['lost']>;

function fakeDevice() {
  let lose: (info: LostInfo) => void = () => {};
  let report: (error: Error) => void = () => {};
  const device: WatchableDevice = {
    lost: new Promise((resolve) => {
      lose = resolve;
    }),
    addEventListener: (_, listener) => {
      report = (error) => listener({ error });
    },
  };
  const watch = watchDevice(device);
  return { watch, lose: (info: LostInfo) => lose(info), report: (error: Error) => report(error) };
}

test('a healthy device passes every check', () => {
  expect(() => fakeDevice().watch.check()).not.toThrow();
});

test('a lost device throws at the next check, with the reason of the driver', async () => {
  const { watch, lose } = fakeDevice();
  lose({ reason: 'unknown', message: 'GPU reset' });
  await Promise.resolve();
  expect(() => watch.check()).toThrow(
    '[@marco-ts/backend-webgpu] device: the GPU device must live as long as the backend, got lost (unknown: GPU reset). Start the program again from its last checkpoint',
  );
});

test('memory that ran out says which settings to lower', () => {
  class GPUOutOfMemoryError extends Error {}
  const { watch, report } = fakeDevice();
  report(new GPUOutOfMemoryError('buffer of 9 GiB'));
  expect(() => watch.check()).toThrow(
    /must fit into GPU memory, got: buffer of 9 GiB\. Lower microBatchSize or sequenceLength/,
  );
});

test('the first failure is the one that is told', async () => {
  const { watch, lose, report } = fakeDevice();
  report(new Error('binding is too large'));
  lose({ message: 'later' });
  await Promise.resolve();
  expect(() => watch.check()).toThrow(/must accept every command, got: binding is too large/);
});
