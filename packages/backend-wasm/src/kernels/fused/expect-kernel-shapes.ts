/** Checks the shapes and dtypes of a fused kernel's inputs against letters, and says all of them when one does not fit. */
import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';

export interface ExpectedInput {
  /** one letter per dimension, for instance 'BLNH'; '*' takes any shape */
  readonly shape: string;
  readonly dtype?: 'float32' | 'int32';
}

/**
 * @param kernel name for the error
 * @returns the size of each letter
 * @throws Error that lists every input when one is missing or does not fit
 */
export function expectKernelShapes(
  kernel: string,
  inputs: NamedTensorInfoMap,
  expected: Readonly<Record<string, ExpectedInput>>,
): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {};
  const describe = (t: TensorInfo | undefined) => (t ? `${t.dtype}[${t.shape.join(',')}]` : 'nothing');
  const fail = (rule: string): never => {
    const got = Object.keys(expected)
      .map((name) => `${name}=${describe(inputs[name])}`)
      .join(' ');
    throw new Error(
      `[@marco-ts/backend-wasm] ${kernel}: ${rule}, got ${got}. Check the shapes against docs/architecture.md.`,
    );
  };
  for (const [name, { shape, dtype = 'float32' }] of Object.entries(expected)) {
    const tensor = inputs[name];
    if (!tensor) return fail(`${name} [${[...shape].join(',')}] must be given`);
    if (tensor.dtype !== dtype) fail(`${name} must be ${dtype}`);
    if (shape === '*') continue;
    if (tensor.shape.length !== shape.length) fail(`${name} must have the dimensions [${[...shape].join(',')}]`);
    for (let i = 0; i < shape.length; i++) {
      const letter = shape[i]!;
      const size = tensor.shape[i]!;
      sizes[letter] ??= size;
      if (sizes[letter] !== size)
        fail(`${letter} must be the same everywhere, but ${name} has ${size} where ${sizes[letter]} came before`);
    }
  }
  return sizes;
}

/** A number among the attributes. */
export function expectNumber(kernel: string, attributes: Readonly<Record<string, unknown>>, name: string): number {
  const value = attributes[name];
  if (typeof value !== 'number') {
    throw new Error(
      `[@marco-ts/backend-wasm] ${kernel}: attribute ${name} must be a number, got ${String(value)}. Pass it with the kernel.`,
    );
  }
  return value;
}
