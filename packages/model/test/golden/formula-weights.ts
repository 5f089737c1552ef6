/**
 * The weights of the golden models, from the formula that tools/goldens/qwen2.py states.
 */
import { type ParamMap, tf } from '@marco-ts/core';
import { parameterShapes, type Qwen2Config } from '@marco-ts/model';

function hashName(name: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

export function formulaWeights(name: string, size: number): Float32Array {
  const start = hashName(name);
  return Float32Array.from({ length: size }, (_, i) => {
    const value = (mix(start + i) / 2 ** 32 - 0.5) * 0.3;
    return name.endsWith('norm.weight') ? 1 + value / 3 : value;
  });
}

export function formulaParams(config: Qwen2Config): ParamMap {
  const params = new Map<string, tf.Tensor>();
  for (const [name, shape] of parameterShapes(config)) {
    params.set(
      name,
      tf.tensor(
        formulaWeights(
          name,
          shape.reduce((a, b) => a * b, 1),
        ),
        shape,
      ),
    );
  }
  return params;
}
