/**
 * Fused kernels that work row by row: RMS normalization, SwiGLU, embedding gradient, AdamW, sum of squares.
 *
 * Source: RMSNorm Zhang and Sennrich 2019, arXiv:1910.07467; SwiGLU Shazeer 2020, arXiv:2002.05202; AdamW Loshchilov and Hutter 2019, arXiv:1711.05101.
 */
import { KERNEL } from '../../runtime/kernel-numbers.ts';
import { floatBits } from '../../runtime/wasm-runtime.ts';
import { scatterAddRows } from '../gather.ts';
import { CHUNK, input, type KernelTable, sizeOf, type WasmKernel } from '../kernel-types.ts';
import { runReduction } from '../reductions.ts';
import { expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';

const ROWS_PER_PARTIAL = 64;

const rmsNorm: WasmKernel = ({ inputs, attrs, backend }) => {
  const { T, D } = expectKernelShapes('MarcoRmsNorm', inputs, { x: { shape: 'TD' }, weight: { shape: 'D' } }) as {
    T: number;
    D: number;
  };
  const eps = expectNumber('MarcoRmsNorm', attrs, 'eps');
  const x = backend.address(input(inputs, 'x'));
  const weight = backend.address(input(inputs, 'weight'));
  const y = backend.output([T, D]);
  const rstd = backend.output([T]);
  const perTask = Math.max(1, Math.floor(CHUNK / Math.max(1, D)));
  backend.runtime.run(KERNEL.rmsNorm, Math.ceil(T / perTask), [
    x,
    weight,
    y.address,
    rstd.address,
    T,
    D,
    perTask,
    floatBits(eps),
  ]);
  return [y.info, rstd.info];
};

const rmsNormGrad: WasmKernel = ({ inputs, backend }) => {
  const { T, D } = expectKernelShapes('MarcoRmsNormGrad', inputs, {
    dy: { shape: 'TD' },
    x: { shape: 'TD' },
    weight: { shape: 'D' },
    rstd: { shape: 'T' },
  }) as { T: number; D: number };
  const [dy, x, weight, rstd] = ['dy', 'x', 'weight', 'rstd'].map((name) => backend.address(input(inputs, name))) as [
    number,
    number,
    number,
    number,
  ];
  const dx = backend.output([T, D]);
  const dweight = backend.output([D]);
  const tasks = Math.ceil(T / ROWS_PER_PARTIAL);
  if (tasks === 0 || D === 0) {
    backend.runtime.floats(dweight.address, D).fill(0);
    return [dx.info, dweight.info];
  }
  backend.runtime.withScratch(tasks * D * 4, (partial) => {
    backend.runtime.run(KERNEL.rmsNormGrad, tasks, [dy, x, weight, rstd, T, D, ROWS_PER_PARTIAL, dx.address, partial]);
    runReduction(backend, {
      source: partial,
      target: dweight.address,
      outer: 1,
      reduced: tasks,
      inner: D,
      operation: 'sum',
    });
  });
  return [dx.info, dweight.info];
};

const swiglu: WasmKernel = ({ inputs, backend }) => {
  const { T, F } = expectKernelShapes('MarcoSwiglu', inputs, { gate: { shape: 'TF' }, up: { shape: 'TF' } }) as {
    T: number;
    F: number;
  };
  const gate = backend.address(input(inputs, 'gate'));
  const up = backend.address(input(inputs, 'up'));
  const y = backend.output([T, F]);
  backend.runtime.run(KERNEL.swiglu, Math.ceil((T * F) / CHUNK), [gate, up, y.address, T * F, CHUNK]);
  return y.info;
};

const swigluGrad: WasmKernel = ({ inputs, backend }) => {
  const { T, F } = expectKernelShapes('MarcoSwigluGrad', inputs, {
    dy: { shape: 'TF' },
    gate: { shape: 'TF' },
    up: { shape: 'TF' },
  }) as { T: number; F: number };
  const [dy, gate, up] = ['dy', 'gate', 'up'].map((name) => backend.address(input(inputs, name))) as [
    number,
    number,
    number,
  ];
  const dgate = backend.output([T, F]);
  const dup = backend.output([T, F]);
  backend.runtime.run(KERNEL.swigluGrad, Math.ceil((T * F) / CHUNK), [
    dy,
    gate,
    up,
    T * F,
    CHUNK,
    dgate.address,
    dup.address,
  ]);
  return [dgate.info, dup.info];
};

const embeddingGrad: WasmKernel = ({ inputs, attrs, backend }) => {
  const { T, D } = expectKernelShapes('MarcoEmbeddingGrad', inputs, {
    dy: { shape: 'TD' },
    ids: { shape: 'T', dtype: 'int32' },
  }) as { T: number; D: number };
  const vocabSize = expectNumber('MarcoEmbeddingGrad', attrs, 'vocabSize');
  const dy = backend.address(input(inputs, 'dy'));
  const ids = backend.address(input(inputs, 'ids'));
  const bad = backend.runtime.findOutOfRange(ids, T, vocabSize);
  if (bad >= 0) {
    throw new Error(
      `[@marco-ts/backend-wasm] MarcoEmbeddingGrad: ids must be in [0, vocabSize ${vocabSize}), got ${backend.runtime.integers(ids, T)[bad]!} ` +
        `at ids[${bad}]. Did you resize the embeddings?`,
    );
  }
  const dweight = backend.output([vocabSize, D]);
  scatterAddRows(backend, dy, ids, dweight.address, T, D, vocabSize);
  return dweight.info;
};

const ADAMW_INPUTS = ['param', 'grad', 'm', 'v'] as const;

const adamW: WasmKernel = ({ inputs, attrs, backend }) => {
  expectKernelShapes('MarcoAdamW', inputs, {
    param: { shape: '*' },
    grad: { shape: '*' },
    m: { shape: '*' },
    v: { shape: '*' },
  });
  const { shape } = input(inputs, 'param');
  if (ADAMW_INPUTS.some((name) => input(inputs, name).shape.join() !== shape.join())) {
    const got = ADAMW_INPUTS.map((name) => `${name}=[${input(inputs, name).shape}]`).join(' ');
    throw new Error(
      `[@marco-ts/backend-wasm] MarcoAdamW: param, grad, m and v must have one shape, got ${got}. Were the moments made for another model?`,
    );
  }
  const number = (name: string) => expectNumber('MarcoAdamW', attrs, name);
  const [learningRate, beta1, beta2, step] = [number('learningRate'), number('beta1'), number('beta2'), number('step')];
  if (!(step >= 1))
    throw new Error(
      `[@marco-ts/backend-wasm] MarcoAdamW: step must be at least 1, got ${step}. Count the first step as 1.`,
    );
  const n = sizeOf(shape);
  const sources = ADAMW_INPUTS.map((name) => backend.address(input(inputs, name)));
  const outputs = [backend.output(shape), backend.output(shape), backend.output(shape)];
  const words = [
    number('gradScale'),
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 - learningRate * number('weightDecay'),
    learningRate / (1 - beta1 ** step),
    1 / Math.sqrt(1 - beta2 ** step),
    number('eps'),
  ].map(floatBits);
  backend.runtime.run(KERNEL.adamW, Math.ceil(n / CHUNK), [
    ...sources,
    n,
    CHUNK,
    ...outputs.map((o) => o.address),
    ...words,
  ]);
  return outputs.map((o) => o.info);
};

const sumOfSquares: WasmKernel = ({ inputs, backend }) => {
  expectKernelShapes('MarcoSumOfSquares', inputs, { x: { shape: '*' } });
  const x = input(inputs, 'x');
  const n = sizeOf(x.shape);
  const source = backend.address(x);
  const out = backend.output([]);
  const chunks = Math.ceil(n / CHUNK);
  backend.runtime.withScratch(Math.max(1, chunks) * 8, (partial) => {
    backend.runtime.run(KERNEL.squares, chunks, [source, partial, 0, n, CHUNK]);
    backend.runtime.run(KERNEL.squaresTotal, 1, [partial, out.address, 0, chunks]);
  });
  return out.info;
};

export const fusedRowKernels: KernelTable = {
  MarcoRmsNorm: rmsNorm,
  MarcoRmsNormGrad: rmsNormGrad,
  MarcoSwiglu: swiglu,
  MarcoSwigluGrad: swigluGrad,
  MarcoEmbeddingGrad: embeddingGrad,
  MarcoAdamW: adamW,
  MarcoSumOfSquares: sumOfSquares,
};
