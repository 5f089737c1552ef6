/**
 * Starts the tensor backend of a recipe once per process; every stage that computes asks for it.
 */
import { type BackendRecord, initBackend } from '@marco-ts/core';
import type { Recipe } from '../config/recipe-schema.ts';

let started: Promise<BackendRecord> | undefined;

/** @returns what was chosen and why; the first call decides */
export function startBackend({ backend }: Pick<Recipe, 'backend'>): Promise<BackendRecord> {
  started ??= initBackend({
    prefer: [...backend.prefer],
    ...(backend.numThreads === undefined ? {} : { numThreads: backend.numThreads }),
    ...(backend.products === undefined ? {} : { products: backend.products }),
  });
  return started;
}
