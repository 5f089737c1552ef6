/**
 * Runs a program in a process of its own, because the Vulkan loader reads its environment variables when the process starts: on a real
 * adapter, on the emulated one that Debian's chromium brings, or on lavapipe, which has float16 and matrix instructions and which
 * `scripts/unpack-lavapipe.sh` puts into `.cache/lavapipe`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const CHROMIUM = '/usr/lib/chromium';
const EMULATED_DRIVER = join(CHROMIUM, 'vk_swiftshader_icd.json');
const LAVAPIPE = join(import.meta.dirname, '../../../../.cache/lavapipe');
/** What a program prints as `refused` where npm webgpu or an adapter is missing. */
export const ABSENT = /needs the optional npm package webgpu|a GPU adapter must be present/;

export const hasLavapipe = existsSync(join(LAVAPIPE, 'lavapipe.json'));

/** @returns what the program printed in its last line as JSON: Dawn prints its warnings to standard output as well */
export function runOnWebGpu<Printed>(program: string, ...args: string[]): Printed {
  const emulated = existsSync(EMULATED_DRIVER)
    ? {
        LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, CHROMIUM].filter(Boolean).join(':'),
        VK_ICD_FILENAMES: process.env.VK_ICD_FILENAMES ?? EMULATED_DRIVER,
      }
    : {};
  return run(process.execPath, nodeArguments(program, args), emulated);
}

export function runOnLavapipe<Printed>(program: string, ...args: string[]): Printed {
  return run(join(LAVAPIPE, 'node'), nodeArguments(program, args), { MARCO_LAVAPIPE_NODE: process.execPath });
}

function nodeArguments(program: string, args: readonly string[]): string[] {
  return ['--conditions=@marco-ts/source', join(import.meta.dirname, program), ...args];
}

function run<Printed>(command: string, args: readonly string[], env: Record<string, string>): Printed {
  const output = execFileSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 24,
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Printed;
}
