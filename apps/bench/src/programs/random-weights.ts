/**
 * Random weights of a Qwen2 shape for measurements: even in ±0.035 (a standard deviation of 0.02), which costs far less than normal ones.
 */
import { parameterShapes, type Qwen2Config } from '@marco-ts/model';

interface WeightArray {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** @returns each parameter by its name, the same values on every run; norms are one */
export function* randomWeights(config: Qwen2Config): Generator<[string, WeightArray]> {
  let state = 1;
  for (const [name, shape] of parameterShapes(config)) {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
    if (!name.endsWith('norm.weight')) {
      for (let i = 0; i < data.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        data[i] = (state / 2 ** 31) * 0.035;
      }
    }
    yield [name, { shape, data }];
  }
}
