import { disposeParams } from '@marco-ts/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countLoraParams, initLoraParams } from '../lora/init-lora-params.ts';
import { estimate } from './estimate.ts';
import { type MemoryFitOptions, memoryFit, requireMemory } from './memory-fit.ts';
import { QWEN2_SIZES } from './qwen2-sizes.ts';

const config = QWEN2_SIZES['0.5B'];
const tiny = {
  ...config,
  bosTokenId: null,
  eosTokenId: null,
  vocabSize: 64,
  hiddenSize: 32,
  intermediateSize: 48,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
};
const GIB = 2 ** 30;

test('law: what is said to fit fits, and one more does not', () => {
  fc.assert(
    fc.property(
      fc.record({
        purpose: fc.constantFrom('training' as const, 'inference' as const),
        budgetBytes: fc.double({ min: 1 * GIB, max: 64 * GIB, noNaN: true }),
        batchSize: fc.integer({ min: 1, max: 40 }),
        sequenceLength: fc.integer({ min: 1, max: 3000 }),
        recompute: fc.boolean(),
        fusedKernels: fc.boolean(),
      }),
      (options) => {
        const bytes = (change: object) => {
          const { trainingBytes, inferenceBytes } = estimate(config, { ...options, ...change });
          return options.purpose === 'training' ? trainingBytes : inferenceBytes;
        };
        const fit = memoryFit(config, options);
        expect(fit.neededBytes).toBe(bytes({}));
        expect(fit.fits).toBe(bytes({}) <= options.budgetBytes);
        if (fit.largestBatchSize > 0)
          expect(bytes({ batchSize: fit.largestBatchSize })).toBeLessThanOrEqual(options.budgetBytes);
        expect(bytes({ batchSize: fit.largestBatchSize + 1 })).toBeGreaterThan(options.budgetBytes);
        if (fit.longestSequence > 0)
          expect(bytes({ sequenceLength: fit.longestSequence })).toBeLessThanOrEqual(options.budgetBytes);
        if (fit.longestSequence < config.maxPositionEmbeddings)
          expect(bytes({ sequenceLength: fit.longestSequence + 1 })).toBeGreaterThan(options.budgetBytes);
      },
    ),
    { numRuns: 100 },
  );
});

test('fused kernels need less, recomputation lets more sequences in', () => {
  const training = { purpose: 'training', budgetBytes: 16 * GIB, batchSize: 8, sequenceLength: 1024 } as const;
  expect(memoryFit(config, { ...training, fusedKernels: true }).neededBytes).toBeLessThan(
    memoryFit(config, training).neededBytes,
  );
  const fit = memoryFit(config, { ...training, fusedKernels: true });
  expect(fit.largestBatchSizeRecomputed).toBeGreaterThan(fit.largestBatchSize);
});

test('of an adapter only its own parameters have gradients and moments', () => {
  const lora = { rank: 8, alpha: 16, targetModules: 'all-linear' };
  const adapter = initLoraParams(tiny, lora, 1);
  const numTrainableParams = countLoraParams(tiny, lora);
  expect(numTrainableParams).toBe([...adapter.values()].reduce((sum, { size }) => sum + size, 0));
  disposeParams(adapter);
  const training = { purpose: 'training', budgetBytes: GIB } as const;
  const whole = memoryFit(tiny, training);
  const { numParams } = estimate(tiny);
  expect(memoryFit(tiny, { ...training, numTrainableParams: numParams })).toEqual(whole);
  const saved = 12 * (numParams - numTrainableParams);
  expect(memoryFit(tiny, { ...training, numTrainableParams }).neededBytes).toBe(whole.neededBytes - saved);
  expect(memoryFit(tiny, { ...training, numTrainableParams }).fixedBytes).toBe(whole.fixedBytes - saved);
});

describe('requireMemory', () => {
  const require = (options: Partial<MemoryFitOptions>) => () =>
    requireMemory('plan', config, { purpose: 'inference', budgetBytes: 4 * GIB, fusedKernels: true, ...options });

  test('lets through what fits', () => {
    expect(require({ batchSize: 4, sequenceLength: 512 })).not.toThrow();
  });

  test('says what would fit, and that is true', () => {
    let message = '';
    try {
      require({ batchSize: 64, sequenceLength: 4096 })();
    } catch (error) {
      message = (error as Error).message;
    }
    const found =
      /^\[@marco-ts\/model\] plan: inference must fit 4\.0 GiB, got [\d.]+ GiB for batchSize 64, sequenceLength 4096\. What would fit: batchSize (\d+) at this length, or sequenceLength (\d+) in this batch\.$/.exec(
        message,
      );
    expect(found, message).not.toBeNull();
    expect(require({ batchSize: Number(found![1]), sequenceLength: 4096 })).not.toThrow();
    expect(require({ batchSize: 64, sequenceLength: Number(found![2]) })).not.toThrow();
  });

  test('says when nothing would', () => {
    expect(require({ purpose: 'training' })).toThrow(
      /No sequence would fit: its weights, gradients and moments alone take 7\.4 GiB/,
    );
    expect(require({ budgetBytes: 0 })).toThrow(/budgetBytes must be above 0, got 0/);
  });
});
