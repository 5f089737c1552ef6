/**
 * Reads a data plan (YAML, JSON, or a TypeScript or JavaScript file that exports one) and says everything that is wrong with it, with its place.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkDataPlan, type DataPlan, STEP_NAMES } from '@marco-ts/data';
import { applyOverrides } from '../../config/apply-overrides.ts';
import { ConfigError, type ConfigPath, formatPath } from '../../config/config-problem.ts';
import { nearestName } from '../../config/nearest-name.ts';
import { openYaml } from '../../config/open-yaml.ts';
import { BadInputError } from '../../errors.ts';

export interface PlanChanges {
  /** `path=value`, applied first. */
  readonly set?: readonly string[];
  /** Take the place of the plan's inputs. */
  readonly input?: readonly string[];
  readonly output?: string;
  readonly worldSize?: number;
}

interface ReadPlan {
  readonly value: unknown;
  placeOf(path: ConfigPath): string | undefined;
}

const PLANS = { functionName: 'loadDataPlan', name: 'data plan', command: 'marco data schema' };
const TEXT_EXTENSIONS = ['.yaml', '.yml', '.json'];
const CODE_EXTENSIONS = ['.ts', '.mts', '.js', '.mjs'];

/** JSON is YAML 1.2: one reader gives places for both. */
function readText(text: string, file: string): ReadPlan {
  const { value, positionOf } = openYaml(text, file, PLANS);
  return {
    value,
    placeOf(path) {
      for (let length = path.length; length > 0; length--) {
        const position = positionOf(path.slice(0, length));
        if (position !== undefined) return position;
      }
      return undefined;
    },
  };
}

async function readPlan(file: string): Promise<ReadPlan> {
  const extension = extname(file).toLowerCase();
  if (![...TEXT_EXTENSIONS, ...CODE_EXTENSIONS].includes(extension) || !existsSync(file)) {
    throw new BadInputError(
      `[@marco-ts/pipeline] loadDataPlan: a plan must be a file that ends in ${[...TEXT_EXTENSIONS, ...CODE_EXTENSIONS].join(', ')}, got ${existsSync(file) ? 'another one' : 'nothing'} at ${resolve(file)}. Check the path.`,
    );
  }
  if (TEXT_EXTENSIONS.includes(extension)) return readText(await readFile(file, 'utf8'), file);
  try {
    const { default: exported } = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
    const value: unknown = typeof exported === 'function' ? await exported() : exported;
    // Through JSON, as it will be stored: what JSON cannot carry must not seem to work.
    return { value: JSON.parse(JSON.stringify(value ?? null)), placeOf: () => undefined };
  } catch (error) {
    throw new BadInputError(
      `[@marco-ts/pipeline] loadDataPlan: a plan file must run and export a plan as default, got ${(error as Error).message} at ${file}.`,
      { cause: error },
    );
  }
}

/** Inputs from the command line keep what the plan says of its first one: fields, language, format. */
function withChanges(value: unknown, { input, output, worldSize }: PlanChanges): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { inputs } = value as { inputs?: unknown };
  const first: unknown = Array.isArray(inputs) ? inputs[0] : {};
  return {
    ...value,
    ...(input === undefined ? {} : { inputs: input.map((path) => ({ ...(first as object), path })) }),
    ...(output === undefined ? {} : { output }),
    ...(worldSize === undefined ? {} : { worldSize }),
  };
}

function nearestStep(message: string): string {
  const [, got] = /got "([^"]+)"$/.exec(message) ?? [];
  const near = got === undefined ? undefined : nearestName(got, STEP_NAMES);
  return near === undefined ? message : `${message}; did you mean "${near}"?`;
}

/**
 * @throws ConfigError with every problem at once
 * @throws BadInputError when there is no such file, or it cannot be read or run
 */
export async function loadDataPlan(file: string, changes: PlanChanges = {}): Promise<DataPlan> {
  const { value, placeOf } = await readPlan(file);
  const checked = checkDataPlan(withChanges(applyOverrides(value, changes.set ?? []).value, changes));
  if ('plan' in checked) return checked.plan;
  throw new ConfigError(
    file,
    checked.problems.map(({ path, message }) => {
      const place = placeOf(path);
      return {
        path,
        message: `${path.length === 0 ? 'the plan' : formatPath(path)}: ${nearestStep(message)}`,
        ...(place === undefined ? {} : { place }),
      };
    }),
    PLANS,
  );
}
