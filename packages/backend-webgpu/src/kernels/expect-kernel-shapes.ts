/**
 * Checks the shapes and dtypes of a fused kernel's inputs against letters, and lists all of them when one does not fit.
 */
import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { webGpuError } from '../webgpu-error.ts';

export interface ExpectedInput {
  /** One letter per dimension, for instance `BLNH`; `*` takes any shape. */
  readonly shape: string;
  readonly dtype?: 'float32' | 'int32';
}

/** Dimensions that may be 0: an empty batch gives empty outputs and zero gradients. */
const MAY_BE_EMPTY = 'BTLS';

/**
 * @returns the size of each letter
 * @throws Error that lists every input when one is missing or does not fit
 */
export function expectKernelShapes<Letter extends string>(
  kernel: string,
  inputs: NamedTensorInfoMap,
  expected: Readonly<Record<string, ExpectedInput>>,
): Readonly<Record<Letter, number>> {
  const sizes: Record<string, number> = {};
  const fail = (rule: string): never => {
    const got = Object.keys(expected).map((name) => `${name}=${describe(inputs[name])}`);
    throw webGpuError(kernel, `${rule}, got ${got.join(' ')}.`, 'Check the shapes against docs/architecture.md.');
  };
  for (const [name, { shape, dtype = 'float32' }] of Object.entries(expected)) {
    const tensor = inputs[name];
    if (tensor === undefined) return fail(`${name} [${[...shape].join(',')}] must be given`);
    if (tensor.dtype !== dtype) fail(`${name} must be ${dtype}`);
    if (shape === '*') continue;
    if (tensor.shape.length !== shape.length) fail(`${name} must have the dimensions [${[...shape].join(',')}]`);
    for (const [index, letter] of [...shape].entries()) {
      const size = tensor.shape[index]!;
      sizes[letter] ??= size;
      if (sizes[letter] !== size) {
        fail(`${letter} must be the same everywhere, but ${name} has ${size} where ${sizes[letter]} came before`);
      }
      if (size === 0 && !MAY_BE_EMPTY.includes(letter)) fail(`${letter} must be at least 1`);
    }
  }
  return sizes as Record<Letter, number>;
}

/** @throws Error when the attribute is not a finite number */
export function expectNumber(kernel: string, attributes: Readonly<Record<string, unknown>>, name: string): number {
  const value = attributes[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw webGpuError(
      kernel,
      `attribute ${name} must be a finite number, got ${String(value)}.`,
      'Pass it with the kernel.',
    );
  }
  return value;
}

function describe(tensor: TensorInfo | undefined): string {
  return tensor ? `${tensor.dtype}[${tensor.shape.join(',')}]` : 'nothing';
}
