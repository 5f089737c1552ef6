import { expect, test } from 'vitest';
import { tf } from '../tf.ts';
import { BACKEND_NAMES } from './backend-record.ts';
import { initBackend } from './init-backend.ts';
import { probeBackends } from './probe-backends.ts';

test('the record is frozen and says what was chosen and why', async () => {
  const record = await initBackend({ prefer: ['cpu'] });
  expect(record).toEqual({ name: 'cpu', tfjsName: 'cpu', numThreads: 1, reason: 'first of cpu', refused: [] });
  expect(Object.isFrozen(record) && Object.isFrozen(record.refused)).toBe(true);
  expect(tf.getBackend()).toBe('cpu');
});

test('a backend that does not start is refused with reason and fix, and the next is taken', async () => {
  const record = await initBackend({ prefer: ['node-gpu', 'cpu'] });
  expect(record.name).toBe('cpu');
  expect(record.reason).toBe('first of node-gpu, cpu that started; node-gpu did not');
  expect(record.refused).toHaveLength(1);
  const [refused] = record.refused;
  expect(refused!.name).toBe('node-gpu');
  expect(refused!.reason).toContain('@tensorflow/tfjs-node-gpu must be installed');
  expect(refused!.fix).toContain('npm install @tensorflow/tfjs-node-gpu@4.22.0');
  expect(refused!.reason).not.toContain('npm install');
});

test('when nothing of the list starts, every reason and fix is in the error', async () => {
  await expect(initBackend({ prefer: ['node-gpu'] })).rejects.toThrow(
    /one of the preferred backends must start, got none:\n {2}node-gpu: .*must be installed, got none\. Install it: npm install/,
  );
});

test('unknown names, an empty list and bad thread counts are named', async () => {
  await expect(initBackend({ prefer: ['cuda' as never] })).rejects.toThrow(
    '[@marco-ts/core] initBackend: prefer must be of node-gpu, webgpu, node, wasm, cpu, got "cuda".',
  );
  await expect(initBackend({ prefer: [] })).rejects.toThrow('prefer must list at least one of');
  await expect(initBackend({ prefer: 'cpu' as never })).rejects.toThrow('prefer must list at least one of');
  await expect(initBackend({ prefer: ['cpu'], numThreads: 0 })).rejects.toThrow(
    'numThreads must be an integer from 1, got 0.',
  );
  await expect(initBackend({ prefer: ['cpu'], numThreads: 1.5 })).rejects.toThrow(
    'numThreads must be an integer from 1',
  );
});

test('without preferences the embedded backend starts where no GPU and no tfjs-node is', async () => {
  const record = await initBackend();
  const place = BACKEND_NAMES.indexOf(record.name);
  expect(record.refused.map((backend) => backend.name)).toEqual(BACKEND_NAMES.slice(0, place));
  expect(record.name).not.toBe('cpu');
});

test('probing says for every backend whether it is here, and starts none', async () => {
  await initBackend({ prefer: ['cpu'] });
  const probes = await probeBackends();
  expect(probes.map((probe) => probe.name)).toEqual([...BACKEND_NAMES]);
  for (const probe of probes) {
    if (probe.available) expect(probe.missing).toBeUndefined();
    else expect(`${probe.missing} ${probe.fix}`).toMatch(/\w+ .*\w+/);
  }
  expect(probes.find((probe) => probe.name === 'wasm')).toMatchObject({
    available: true,
    facts: { simd: expect.stringMatching(/^relaxed/), threads: 'shared memory' },
  });
  expect(tf.getBackend()).toBe('cpu');
});
