/**
 * Training with products on halves and by matrix units follows the loss curve of float32, and frozen weights stored as halves give the same logits
 * from half the memory; on lavapipe, which computes both on the processor.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startProcess } from '../../src/contestants/start-process.ts';
import { packageRoot, repositoryRoot } from '../../src/repository-root.ts';
import { TINY_SHAPE } from '../../src/train-step-shapes.ts';

const NODE_ON_LAVAPIPE = join(repositoryRoot(), '.cache/lavapipe/node');
const NUM_STEPS = 20;

async function losses(products: 'f32' | 'f16' | 'subgroup-matrix'): Promise<number[]> {
  const options = { shape: TINY_SHAPE, threads: 1, recompute: false, backend: 'webgpu', products, learningRate: 3e-3 };
  const program = join(packageRoot(), 'src/programs/train-step.program.ts');
  const started = await startProcess({
    name: products,
    command: NODE_ON_LAVAPIPE,
    args: ['--conditions=@marco-ts/source', program, JSON.stringify(options)],
    env: { MARCO_LAVAPIPE_NODE: process.execPath },
  });
  if ('absent' in started) throw new Error(started.absent);
  const curve: number[] = [];
  for (let step = 0; step < NUM_STEPS; step++) {
    curve.push((await started.process.ask<{ loss: number }>({ task: 'step' })).loss);
  }
  await started.process.close();
  return curve;
}

describe.skipIf(!existsSync(NODE_ON_LAVAPIPE))('on lavapipe (skipped without scripts/unpack-lavapipe.sh)', () => {
  test('losses on halves stay near those of float32', { timeout: 600_000 }, async () => {
    const float32 = await losses('f32');
    expect(float32.at(-1)).toBeLessThan(float32[0]! - 1);
    for (const kind of ['f16', 'subgroup-matrix'] as const) {
      const halves = await losses(kind);
      const differences = halves.map((loss, step) => Math.abs(loss / float32[step]! - 1));
      // Two operands rounded to 2^-11 each: a product may be off by 2^-10, the mean of many of either sign by less. Not by nothing.
      expect(Math.max(...differences)).toBeLessThan(2 ** -10);
      expect(Math.max(...differences)).toBeGreaterThan(2 ** -24);
    }
  });

  test('stored as halves, a model takes half the memory, also after a pass', { timeout: 120_000 }, () => {
    const program = join(import.meta.dirname, 'print-halved-logits.ts');
    const output = execFileSync(NODE_ON_LAVAPIPE, ['--conditions=@marco-ts/source', program], {
      encoding: 'utf8',
      env: { ...process.env, MARCO_LAVAPIPE_NODE: process.execPath },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = JSON.parse(output.trim().split('\n').at(-1)!);
    // With the frequencies of 16 / 2 rotating pairs.
    expect(printed.float32Bytes).toBe(4 * (90_688 + 8));
    // Norms and biases stay float32, and each matrix has its unit.
    expect(printed.halvedBytes / printed.float32Bytes).toBeLessThan(0.51);
    expect(printed.difference).toBeGreaterThan(0);
    expect(printed.difference).toBeLessThan(2 ** -10 * printed.scale);
  });
});
