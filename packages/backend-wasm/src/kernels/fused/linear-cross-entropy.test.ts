import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { kernel, largestError, randomFloats, registerVariants, runOn, VARIANTS } from '../../../test/variants.ts';

beforeAll(registerVariants);

const IGNORE = -100;
const CASES = [
  { T: 1, D: 1, V: 1, label: () => 0 },
  { T: 3, D: 17, V: 5, label: (t: number) => t },
  { T: 40, D: 24, V: 300, label: (t: number) => (t * 37) % 300 },
  { T: 40, D: 24, V: 777, label: (t: number) => (t % 3 === 0 ? IGNORE : (t * 91) % 777) },
  { T: 7, D: 8, V: 20, label: () => IGNORE },
  // Enough rows that the vocabulary takes several chunks.
  { T: 8300, D: 3, V: 1030, label: (t: number) => (t % 5 === 0 ? IGNORE : (t * 131) % 1030) },
];

/** Cross-entropy and its gradients with whole logits in double precision. */
function reference(
  hidden: Float32Array,
  weight: Float32Array,
  labels: Int32Array,
  dnll: Float32Array,
  D: number,
  V: number,
) {
  const T = labels.length;
  const [nll, dhidden, dweight] = [new Float64Array(T), new Float64Array(T * D), new Float64Array(V * D)];
  const logits = new Float64Array(V);
  for (let t = 0; t < T; t++) {
    if (labels[t] === IGNORE) continue;
    for (let c = 0; c < V; c++) {
      logits[c] = 0;
      for (let d = 0; d < D; d++) logits[c]! += hidden[t * D + d]! * weight[c * D + d]!;
    }
    const peak = logits.reduce((a, b) => Math.max(a, b));
    const lse = peak + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - peak), 0));
    nll[t] = lse - logits[labels[t]!]!;
    for (let c = 0; c < V; c++) {
      const g = (Math.exp(logits[c]! - lse) - (c === labels[t] ? 1 : 0)) * dnll[t]!;
      for (let d = 0; d < D; d++) {
        dhidden[t * D + d]! += g * weight[c * D + d]!;
        dweight[c * D + d]! += g * hidden[t * D + d]!;
      }
    }
  }
  return { nll, dhidden, dweight };
}

describe.each(VARIANTS)('MarcoLinearCrossEntropy on %s', (name) => {
  test('forward and backward agree with whole logits in double precision', async () => {
    for (const { T, D, V, label } of CASES) {
      const hidden = randomFloats(T * D, 1).map((x) => x * 3);
      const [weight, dnll] = [randomFloats(V * D, 2), randomFloats(T, 3)];
      const labels = Int32Array.from({ length: T }, (_, t) => label(t));
      const expected = reference(hidden, weight, labels, dnll, D, V);
      const [nll, , dhidden, dweight] = await runOn(name, () => {
        const inputs = {
          hidden: tf.tensor2d(hidden, [T, D]),
          weight: tf.tensor2d(weight, [V, D]),
          labels: tf.tensor1d(labels, 'int32'),
        };
        const [loss, logSumExp] = kernel('MarcoLinearCrossEntropy', inputs, { ignoreIndex: IGNORE }) as [
          tf.Tensor,
          tf.Tensor,
        ];
        return [
          loss,
          logSumExp,
          ...kernel(
            'MarcoLinearCrossEntropyGrad',
            { ...inputs, dnll: tf.tensor1d(dnll), logSumExp },
            { ignoreIndex: IGNORE },
          ),
        ];
      });
      expect(largestError(nll!, expected.nll), `nll ${T} ${D} ${V}`).toBeLessThan(3e-6);
      expect(largestError(dhidden!, expected.dhidden), `dhidden ${T} ${D} ${V}`).toBeLessThan(1e-5);
      expect(largestError(dweight!, expected.dweight), `dweight ${T} ${D} ${V}`).toBeLessThan(2e-5);
    }
  });

  test('gradients computed with the value serve every row alike, and are computed anew where the rows differ', async () => {
    // The last case has more rows than fit at once.
    const cases = [...CASES.filter(({ T }) => T < 100), { T: 150, D: 2, V: 60000, label: (t: number) => t * 400 }];
    for (const { T, D, V, label } of cases) {
      const hidden = randomFloats(T * D, 1).map((x) => x * 3);
      const weight = randomFloats(V * D, 2);
      const labels = Int32Array.from({ length: T }, (_, t) => label(t));
      const alike = new Float32Array(T).fill(-0.75);
      for (const dnll of T < 100 ? [new Float32Array(T).fill(1), alike, randomFloats(T, 3)] : [alike]) {
        const expected = reference(hidden, weight, labels, dnll, D, V);
        const [nll, dhidden, dweight] = await runOn(name, () => {
          const inputs = {
            hidden: tf.tensor2d(hidden, [T, D]),
            weight: tf.tensor2d(weight, [V, D]),
            labels: tf.tensor1d(labels, 'int32'),
          };
          const attributes = { ignoreIndex: IGNORE };
          const [loss, logSumExp, ...ofSum] = kernel('MarcoLinearCrossEntropy', inputs, {
            ...attributes,
            withGrads: true,
          }) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
          expect(ofSum).toHaveLength(2);
          const given = { ...inputs, logSumExp, dhidden: ofSum[0], dweight: ofSum[1] };
          return [loss, ...kernel('MarcoLinearCrossEntropyGrad', { ...given, dnll: tf.tensor1d(dnll) }, attributes)];
        });
        expect(largestError(nll!, expected.nll), `nll ${T} ${D} ${V}`).toBeLessThan(3e-6);
        expect(largestError(dhidden!, expected.dhidden), `dhidden ${T} ${D} ${V}`).toBeLessThan(1e-5);
        expect(largestError(dweight!, expected.dweight), `dweight ${T} ${D} ${V}`).toBeLessThan(2e-5);
      }
    }
  });

  test('a label out of range is named', async () => {
    await tf.setBackend(name);
    for (const bad of [20, -1]) {
      const inputs = {
        hidden: tf.zeros([3, 2]),
        weight: tf.zeros([20, 2]),
        labels: tf.tensor1d([0, bad, IGNORE], 'int32'),
      };
      expect(() => kernel('MarcoLinearCrossEntropy', inputs, { ignoreIndex: IGNORE })).toThrow(
        new RegExp(`vocabSize 20\\) or -100, got ${bad} at labels\\[1\\]`),
      );
    }
  });
});
