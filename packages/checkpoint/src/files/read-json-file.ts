/**
 * Reads a file that must hold one JSON object.
 */
import { readFile } from 'node:fs/promises';
import type { JsonObject } from '../json-value.ts';
import { explainFileError } from './explain-file-error.ts';

/** @throws naming the path when the file cannot be read, is no JSON, or holds something other than an object */
export async function readJsonFile(path: string, functionName = 'readJsonFile'): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw explainFileError(functionName, 'read', path, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `[@marco-ts/checkpoint] ${functionName}: the file must be JSON, got ${(error as Error).message} at ${path}. Restore the file from its source.`,
      { cause: error },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const got = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
    throw new Error(
      `[@marco-ts/checkpoint] ${functionName}: the file must hold a JSON object, got ${got} at ${path}. Restore the file from its source.`,
    );
  }
  return value as JsonObject;
}
