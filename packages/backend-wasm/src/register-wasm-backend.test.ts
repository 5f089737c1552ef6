import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { mixedWork } from '../test/mixed-work.ts';
import { type Numbers, randomFloats, registerVariants, runOn } from '../test/variants.ts';
import { probeWasmBackend } from './probe-wasm-backend.ts';
import { registerWasmBackend, registerWasmBackendAs } from './register-wasm-backend.ts';
import { detectSimd } from './runtime/detect-simd.ts';
import { createWasmRuntime } from './runtime/wasm-runtime.ts';

/** The wide build needs an x64 processor with AVX2, which is not always there. */
const HAS_WIDE = process.arch === 'x64' && readFileSync('/proc/cpuinfo', 'utf8').includes(' avx2 ');
const BEST = HAS_WIDE ? 'wide' : detectSimd();

test('a wrong option is refused, and does not spoil the next call', async () => {
  for (const numThreads of [0, 1.5, Number.NaN])
    await expect(registerWasmBackend({ numThreads })).rejects.toThrow(
      /numThreads must be a whole number of at least 1/,
    );
  await expect(registerWasmBackend({ simd: 'broad' as never })).rejects.toThrow(
    /simd and MARCO_WASM_SIMD must be 'wide', 'relaxed' or 'fixed', got broad/,
  );
});

test('registers once, says what it chose and does not take over', async () => {
  const before = tf.engine().backendName;
  const record = await registerWasmBackend();
  expect(Object.isFrozen(record)).toBe(true);
  expect(Object.isFrozen(record.notes)).toBe(true);
  expect(record).toMatchObject({ name: 'marco-wasm', simd: BEST, shared: true });
  expect(await registerWasmBackend({ numThreads: 1 })).toBe(record);
  expect(tf.engine().backendName).toBe(before);
  expect(await tf.setBackend('marco-wasm')).toBe(true);
});

test('where the kernels cannot be compiled, no thread that waits for them is left', async () => {
  const compile = vi.spyOn(WebAssembly, 'compile').mockRejectedValue(new WebAssembly.CompileError('refused by policy'));
  const terminate = vi.spyOn(Worker.prototype, 'terminate');
  try {
    await expect(createWasmRuntime({ numThreads: 2, simd: 'fixed' })).rejects.toThrow('refused by policy');
    expect(terminate).toHaveBeenCalledTimes(1);
  } finally {
    compile.mockRestore();
    terminate.mockRestore();
  }
});

test('the environment may name the build, an option comes first', async () => {
  vi.stubEnv('MARCO_WASM_SIMD', 'relaxed');
  try {
    expect((await createWasmRuntime({ numThreads: 1 })).simd).toBe('relaxed');
    expect((await createWasmRuntime({ numThreads: 1, simd: 'fixed' })).simd).toBe('fixed');
    vi.stubEnv('MARCO_WASM_SIMD', 'broad');
    await expect(createWasmRuntime()).rejects.toThrow(/got broad/);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('more threads than cores: the cores, and a note', async () => {
  const { numThreads, notes } = await createWasmRuntime({ numThreads: 1000 });
  expect(numThreads).toBeLessThanOrEqual(navigator.hardwareConcurrency);
  expect(notes[0]).toMatch(/numThreads 1000 is more than the \d+ cores here/);
});

test('without shared memory: one thread, and a note', async () => {
  const { numThreads, shared, notes } = await createWasmRuntime({ numThreads: 4, shared: false });
  expect({ numThreads, shared }).toEqual({ numThreads: 1, shared: false });
  expect(notes[0]).toMatch(/no SharedArrayBuffer/);
});

/** Bits of all results. */
async function bitsOn(variant: string): Promise<string[]> {
  return (await runOn(variant, mixedWork)).map((a: Numbers) =>
    Buffer.from(a.buffer, a.byteOffset, a.byteLength).toString('base64'),
  );
}

test('results are the same bits on one thread and on two', async () => {
  await registerVariants();
  const alone = await bitsOn('best, 1 thread');
  for (let i = 0; i < 5; i++) expect(await bitsOn('best, 2 threads')).toEqual(alone);
}, 120_000);

test('results are the same bits by vectors of eight floats and of four', async () => {
  const runtimes = await registerVariants();
  expect([...runtimes].map(([name, { simd }]) => `${name}: ${simd}`).slice(0, 3)).toEqual([
    `best, 1 thread: ${BEST}`,
    `best, 2 threads: ${BEST}`,
    'relaxed, 1 thread: relaxed',
  ]);
  expect(await bitsOn('best, 1 thread')).toEqual(await bitsOn('relaxed, 1 thread'));
}, 120_000);

test.skipIf(navigator.hardwareConcurrency < 2)(
  'workers take part at once, even if the event loop gets no turn',
  async () => {
    const { runtime } = await registerWasmBackendAs('workers-test', { numThreads: 2 });
    await tf.setBackend('workers-test');
    const x = tf.ones([400, 400]) as tf.Tensor2D;
    for (let i = 0; i < 2000 && runtime.tasksByWorkers() === 0; i++) tf.matMul(x, x).dispose();
    expect(runtime.tasksByWorkers()).toBeGreaterThan(0);
    x.dispose();
  },
);

test('tensors and wasm bytes return to where they were over 200 products', async () => {
  const { runtime } = await registerWasmBackendAs('memory-test', {});
  await tf.setBackend('memory-test');
  const [x, y] = [tf.tensor2d(randomFloats(150 * 90, 1), [150, 90]), tf.tensor2d(randomFloats(90 * 70, 2), [90, 70])];
  tf.tidy(() => void mixedWork());
  const before = { tensors: tf.memory().numTensors, bytes: runtime.bytesInUse() };
  for (let i = 0; i < 200; i++) tf.tidy(() => tf.sum(tf.relu(tf.matMul(x, y))).dataSync());
  tf.tidy(() => void mixedWork());
  expect({ tensors: tf.memory().numTensors, bytes: runtime.bytesInUse() }).toEqual(before);
  expect(runtime.bytesReserved()).toBeLessThan(128 * 2 ** 20);
  tf.dispose([x, y]);
  const memory = tf.memory() as tf.MemoryInfo & { wasmBytesInUse: number };
  expect(memory).toMatchObject({ unreliable: false, wasmBytesInUse: runtime.bytesInUse() });
});

test('a memory that is not shared keeps all tensors when it grows', async () => {
  const { runtime } = await registerWasmBackendAs('growth-test', { shared: false });
  await tf.setBackend('growth-test');
  const reserved = runtime.bytesReserved();
  const first = tf.tensor1d(randomFloats(1000, 1));
  const kept = Array.from({ length: 12 }, (_, i) => tf.fill([1 << 20], i));
  expect(runtime.bytesReserved()).toBeGreaterThan(reserved);
  expect(first.dataSync()).toEqual(randomFloats(1000, 1));
  kept.forEach((t, i) => {
    expect(tf.max(t).dataSync()[0]).toBe(i);
  });
  tf.dispose([first, ...kept]);
});

test('a full memory is an error that names the tensor and the way out; the backend goes on', async () => {
  await registerWasmBackendAs('full-test', { maximumPages: 512, numThreads: 1 });
  await tf.setBackend('full-test');
  expect(() => tf.zeros([3000, 4000])).toThrow(
    /must fit the 4 GiB .*got a tensor \[3000, 4000\] float32 \(45.8 MiB\).*smaller microBatchSize/,
  );
  expect([...tf.add(tf.tensor1d([1, 2]), tf.scalar(1)).dataSync()]).toEqual([2, 3]);
});

test('tensors beyond the memory move to the heap and come back with their numbers', async () => {
  const { runtime } = await registerWasmBackendAs('spill-test', { maximumPages: 512, numThreads: 1 });
  await tf.setBackend('spill-test');
  // 20 tensors of 4 MiB in a memory of 32 MiB.
  const all = Array.from({ length: 20 }, (_, i) => tf.fill([1024, 1024], i));
  expect(runtime.bytesReserved()).toBeLessThanOrEqual(512 * 65536);
  for (let round = 0; round < 2; round++) {
    all.forEach((t, i) => {
      expect(tf.tidy(() => tf.max(tf.add(t, all[(i + 7) % 20]!)).dataSync()[0])).toBe(i + ((i + 7) % 20));
    });
  }
  const product = tf.tidy(() => tf.max(tf.matMul(all[1] as tf.Tensor2D, all[2] as tf.Tensor2D)));
  expect(product.dataSync()[0]).toBe(2048);
  expect(all[19]!.dataSync()[5]).toBe(19);
  tf.dispose([...all, product]);
  expect(runtime.bytesInUse()).toBe(0);
});

test('addresses above 2 GiB work', async () => {
  const { runtime } = await registerWasmBackendAs('high-test', {});
  await tf.setBackend('high-test');
  // Reserved, never touched: no real memory is used.
  const low = runtime.allocate(2.5 * 2 ** 30, () => 'a hole');
  const x = tf.tensor2d(randomFloats(100 * 80, 1), [100, 80]);
  const y = tf.tensor2d(randomFloats(80 * 90, 2), [80, 90]);
  const work = () =>
    tf.tidy(() =>
      [tf.matMul(x, y), tf.softmax(x), tf.transpose(x), ...mixedWork()].map((t) => t.dataSync() as Numbers),
    );
  const high = work();
  await tf.setBackend('marco-wasm');
  expect(high).toEqual(work());
  runtime.free(low);
});

test('writing copies: the caller may use its array again', async () => {
  await tf.setBackend('marco-wasm');
  const values = Float32Array.from([1, 2, 3]);
  const x = tf.tensor1d(values);
  values.fill(9);
  expect([...x.dataSync()]).toEqual([1, 2, 3]);
  x.dataSync().fill(7);
  expect([...x.dataSync()]).toEqual([1, 2, 3]);
});

test('tensors of other backends move in, and back', async () => {
  await tf.setBackend('cpu');
  const x = tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
  await tf.setBackend('marco-wasm');
  const y = tf.matMul(x, x);
  expect([...y.dataSync()]).toEqual([7, 10, 15, 22]);
  await tf.setBackend('cpu');
  expect([...tf.add(y, y).dataSync()]).toEqual([14, 20, 30, 44]);
});

/** Runs a product on all threads in a Node of its own and prints the record and the sum of the product. */
function runElsewhere(nodeOptions: readonly string[] = []): string {
  const program = `
    import * as tf from '@tensorflow/tfjs-core';
    import { registerWasmBackend } from './src/index.ts';
    const record = await registerWasmBackend({ numThreads: 2 });
    await tf.setBackend('marco-wasm');
    const x = tf.ones([300, 300]);
    for (let i = 0; i < 20; i++) tf.matMul(x, x).dispose();
    console.log(record.simd, tf.sum(tf.matMul(x, x)).dataSync()[0]);
  `;
  const options = {
    cwd: `${import.meta.dirname}/..`,
    timeout: 20_000,
    encoding: 'utf8' as const,
    stdio: 'pipe' as const,
  };
  const flags = ['--conditions=@marco-ts/source', ...nodeOptions, '--input-type=module', '-e', program];
  return execFileSync(process.execPath, flags, options).trim();
}

test('worker threads do not keep a program alive', () => {
  expect(runElsewhere()).toBe(`${BEST} 27000000`);
});

test.skipIf(!HAS_WIDE)('without what the wide build needs: the relaxed one', () => {
  expect(runElsewhere(['--no-experimental-wasm-revectorize'])).toBe('relaxed 27000000');
  expect(runElsewhere(['--no-enable-avx2'])).toBe('relaxed 27000000');
});

test.skipIf(!HAS_WIDE)('no module but the wide build is compiled with its settings', () => {
  const program = `
    import { createWasmRuntime } from './src/runtime/wasm-runtime.ts';
    await createWasmRuntime({ numThreads: 1 });
    console.log('then');
    await createWasmRuntime({ numThreads: 1, simd: 'relaxed' });
  `;
  const flags = ['--conditions=@marco-ts/source', '--no-liftoff', '--trace-wasm-revectorize', '--input-type=module'];
  const options = { cwd: `${import.meta.dirname}/..`, encoding: 'utf8', timeout: 20_000 } as const;
  const [wide, relaxed] = execFileSync(process.execPath, [...flags, '-e', program], options).split('then');
  expect(wide).toContain('Begin revec');
  expect(relaxed).not.toContain('Begin revec');
});

test.skipIf(process.arch !== 'x64')('a processor without fused multiply-add computes the same whole numbers', () => {
  expect(runElsewhere(['--no-enable-fma3', '--no-enable-avx2', '--no-enable-avx'])).toBe('relaxed 27000000');
});

test.skipIf(process.arch !== 'x64')('a processor too old for SIMD is an error that says what to use', () => {
  expect(() => runElsewhere(['--no-enable-avx', '--no-enable-sse4-1'])).toThrow(
    /WebAssembly SIMD is needed, got an engine without it. Use Node 22.18 or newer/,
  );
});

test('an engine without relaxed SIMD: the fixed build, and a note', async () => {
  const { validate } = WebAssembly;
  // The instruction f32x4.relaxed_madd, which such an engine does not know.
  const refused = Buffer.from([0xfd, 0x85, 0x02]);
  WebAssembly.validate = (bytes) => !Buffer.from(bytes as Uint8Array).includes(refused) && validate(bytes);
  try {
    const { simd, notes } = await createWasmRuntime({ numThreads: 1 });
    expect(simd).toBe('fixed');
    expect(notes).toEqual(['fixed SIMD: this engine has no relaxed SIMD, products run at about half the speed']);
    expect((await createWasmRuntime({ numThreads: 1, simd: 'fixed' })).notes).toEqual([]);
    expect(probeWasmBackend().facts.simd).toBe('fixed');
  } finally {
    WebAssembly.validate = validate;
  }
});

test('a probe starts nothing and says what a start would find', () => {
  expect(probeWasmBackend()).toMatchObject({
    available: true,
    facts: { simd: expect.stringMatching(/^relaxed/), threads: 'shared memory' },
  });
  const { validate } = WebAssembly;
  WebAssembly.validate = () => false;
  try {
    expect(probeWasmBackend()).toMatchObject({ available: false, missing: 'this engine has no WebAssembly SIMD.' });
  } finally {
    WebAssembly.validate = validate;
  }
});
