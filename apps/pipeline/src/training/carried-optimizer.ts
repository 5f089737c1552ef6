/**
 * The optimizer's moments and step count, left by a stage for the next one to carry on.
 */
import { join } from 'node:path';
import { type NamedArray, openSafetensors, writeSafetensors } from '@marco-ts/checkpoint';
import { paramsFromArrays, paramsToArrays } from '@marco-ts/core';
import type { ContinueFrom } from '@marco-ts/trainer';

const OPTIMIZER_FILE = 'optimizer.safetensors';

export async function writeCarriedOptimizer(
  directory: string,
  { optimizerState, numSteps }: ContinueFrom,
): Promise<void> {
  await writeSafetensors(join(directory, OPTIMIZER_FILE), await paramsToArrays(optimizerState), {
    metadata: { format: 'pt', numSteps: String(numSteps) },
  });
}

/** @returns tensors owned by the caller */
export async function readCarriedOptimizer(directory: string): Promise<ContinueFrom> {
  const file = await openSafetensors(join(directory, OPTIMIZER_FILE));
  try {
    const arrays = new Map<string, NamedArray>();
    for (const name of file.tensors.keys()) arrays.set(name, await file.readArray(name));
    return { optimizerState: paramsFromArrays(arrays), numSteps: Number(file.metadata.numSteps) };
  } finally {
    await file.close();
  }
}
