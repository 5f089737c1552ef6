/**
 * Random weights for measurements: even in ±0.035 (a standard deviation of 0.02), which costs far less than normal ones.
 */
import { parameterShapes, type Qwen2Config } from '@marco-ts/model';

interface WeightArray {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** @returns each parameter of a Qwen2 shape by its name, the same values on every run; norms are one */
export function* randomWeights(config: Qwen2Config): Generator<[string, WeightArray]> {
  const even = createEvenValues();
  for (const [name, shape] of parameterShapes(config)) {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = name.endsWith('norm.weight') ? new Float32Array(size).fill(1) : even(size);
    yield [name, { shape, data }];
  }
}

/** @returns a source of arrays that goes on where the array before ended */
export function createEvenValues(): (size: number) => Float32Array<ArrayBuffer> {
  let state = 1;
  return (size) => {
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      data[i] = (state / 2 ** 31) * 0.035;
    }
    return data;
  };
}
