/**
 * Modules of Node.js, asked of the process instead of imported: a bundle for browsers then holds no `node:` import.
 */
import { tokenizerError } from './tokenizer-error.ts';

interface NodeModules {
  readonly 'node:crypto': typeof import('node:crypto');
  readonly 'node:fs/promises': typeof import('node:fs/promises');
  readonly 'node:os': typeof import('node:os');
  readonly 'node:worker_threads': typeof import('node:worker_threads');
}

/** @throws Error outside Node.js, naming the function that needs it */
export function nodeModule<Name extends keyof NodeModules>(
  functionName: string,
  name: Name,
  instead: string,
): NodeModules[Name] {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const found = host.process?.getBuiltinModule?.(name) as NodeModules[Name] | undefined;
  if (found === undefined) throw tokenizerError(functionName, `${name} must be there`, 'a host without it', instead);
  return found;
}
