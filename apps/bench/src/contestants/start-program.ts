/**
 * Starts one of our own programs (`src/programs`) or a Python peer (`tools/peers`) as a contestant.
 */
import { join } from 'node:path';
import { packageRoot, repositoryRoot } from '../repository-root.ts';
import type { SuiteContext } from '../suite.ts';
import { type StartedProcess, startProcess } from './start-process.ts';

/**
 * @param program name of a file `<program>.program.ts` in `src/programs`; tsup builds each as an entry
 * @param nodeOptions flags for Node itself
 */
export function startNodeProgram(
  program: string,
  args: readonly string[],
  {
    name = program,
    nodeOptions = [],
    env = {},
  }: { name?: string; nodeOptions?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<StartedProcess> {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = join(
    packageRoot(),
    fromSource ? `src/programs/${program}.program.ts` : `dist/programs/${program}.program.js`,
  );
  const conditions = fromSource ? ['--conditions=@marco-ts/source'] : [];
  return startProcess({ name, command: process.execPath, args: [...conditions, ...nodeOptions, file, ...args], env });
}

/** @param script file in `tools/peers`; absent when there is no Python */
export async function startPythonPeer(
  context: Pick<SuiteContext, 'python'>,
  name: string,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<StartedProcess> {
  const { python } = context;
  if (python.path === null) return { absent: python.reason };
  const file = join(repositoryRoot(), 'tools', 'peers', script);
  return startProcess({ name, command: python.path, args: [file, ...args], env });
}

/** Holds torch, MKL and oneDNN to vectors of 256 bits, whatever the processor has. */
export const AVX2_VARIABLES = {
  ATEN_CPU_CAPABILITY: 'avx2',
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
} as const;

/** The number of threads in every variable that a Python library may read it from. */
export function threadVariables(threads: number): Record<string, string> {
  const names = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'RAYON_NUM_THREADS'];
  return Object.fromEntries(names.map((name) => [name, String(threads)]));
}
