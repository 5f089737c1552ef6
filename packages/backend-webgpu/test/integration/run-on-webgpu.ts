/**
 * Runs a program in a process of its own, because the Vulkan loader reads its environment variables when the process starts: on a real
 * adapter, or on the emulated one that Debian's chromium brings.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const CHROMIUM = '/usr/lib/chromium';
const EMULATED_DRIVER = join(CHROMIUM, 'vk_swiftshader_icd.json');

/** What a program prints as `refused` where npm webgpu or an adapter is missing. */
export const ABSENT = /needs the optional npm package webgpu|a GPU adapter must be present/;

/** @returns what the program printed in its last line as JSON: Dawn prints its warnings to standard output as well */
export function runOnWebGpu<Printed>(program: string): Printed {
  const emulated = existsSync(EMULATED_DRIVER)
    ? {
        LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, CHROMIUM].filter(Boolean).join(':'),
        VK_ICD_FILENAMES: process.env.VK_ICD_FILENAMES ?? EMULATED_DRIVER,
      }
    : {};
  const output = execFileSync(process.execPath, ['--conditions=@marco-ts/source', join(import.meta.dirname, program)], {
    encoding: 'utf8',
    env: { ...process.env, ...emulated },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 24,
  });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Printed;
}
