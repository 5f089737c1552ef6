import { disposeParams, initBackend, tf } from '@marco-ts/core';
import { expect, test } from 'vitest';
import { parameterShapes } from './parameter-shapes.ts';
import type { Qwen2Config } from './qwen2-config.ts';
import { readQwen2Params, type WeightFiles } from './read-qwen2-params.ts';

/** The embedding has 2^24 + 64 values, more than what memory is used again for. */
const config: Qwen2Config = {
  hiddenSize: 8,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  numKeyValueHeads: 1,
  intermediateSize: 12,
  vocabSize: 2 ** 21 + 8,
  maxPositionEmbeddings: 32,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  tieWordEmbeddings: true,
  initializerRange: 0.02,
  bosTokenId: 1,
  eosTokenId: 2,
};
const shapes = [...parameterShapes(config)];
const tensors = new Map(shapes.map(([name, shape]) => [name, { shape, dtype: 'F32' }]));
/** Element i of the tensor that stands at `index`. */
const elementOf = (index: number, i: number) => index * 1000 + (i % 977);

/** Weights by formula, in the memory that was passed where `usesIt`; `seen` collects it. */
function weightsByFormula(usesIt: boolean, seen: (Float32Array | undefined)[]): WeightFiles {
  return {
    tensors,
    async readArray(name, into) {
      seen.push(into);
      const index = shapes.findIndex(([other]) => other === name);
      const shape = shapes[index]![1];
      const length = tf.util.sizeFromShape(shape);
      const data = (usesIt && into?.subarray(0, length)) || new Float32Array(length);
      for (let i = 0; i < length; i++) data[i] = elementOf(index, i);
      return { shape, data };
    },
  };
}

test.each([
  ['cpu', true, false],
  ['wasm', true, true],
  ['wasm', false, true],
] as const)('on %s every tensor has its own values, weights that use given memory: %s', async (name, usesIt, given) => {
  await initBackend({ prefer: [name] });
  const seen: (Float32Array | undefined)[] = [];
  const params = await readQwen2Params(config, weightsByFormula(usesIt, seen));
  const small = seen.filter((into) => into && into.length > 0 && into.length < 2 ** 24);
  expect(small.length).toBe(given ? shapes.length - 1 : 0);
  expect(new Set(small).size).toBe(given ? 1 : 0);
  for (const [index, [parameter]] of shapes.entries()) {
    const values = (await params.get(parameter)!.data()) as Float32Array;
    expect(
      values.findIndex((value, i) => value !== elementOf(index, i)),
      parameter,
    ).toBe(-1);
  }
  disposeParams(params);
});
