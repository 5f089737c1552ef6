/** Options of the commands that load a model. */
import type { BackendName } from '@marco-ts/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BACKEND_NAMES } from '../../config/recipe-schema.ts';

export interface ModelOptions {
  readonly backend?: BackendName;
  readonly threads?: number;
}

/** Adds `[dir]`, `--backend` and `--threads`. */
export function withModelOptions(command: Command): Command {
  return command
    .argument('[dir]', 'Hugging Face model directory, or a run directory (default: the latest below runs/)')
    .addOption(
      new Option('--backend <name>', 'tensor backend (default: the best that starts)').choices([...BACKEND_NAMES]),
    )
    .option('--threads <count>', 'threads of the wasm backend (default: one per core)', wholeNumber);
}

/** A parser for options. @throws InvalidArgumentError, which commander turns into a message with the option's name */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

/** Likewise for a number from 0. */
export function numberFromZero(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It must be a number from 0.');
  return value;
}
