/**
 * `marco doctor`: which backends are here, which one a run would take and why, what is missing and the command that mends it.
 */
import type { NativeBuildResult } from '@marco-ts/backend-node/native-build';
import type { BackendProbe, BackendRecord } from '@marco-ts/core';
import { createTerminal } from '../../console/terminal.ts';
import { formatBytes } from '../../format/format-quantity.ts';
import { describeMachine, freeDiskBytes, type Machine } from '../../machine/describe-machine.ts';
import type { CommandOutput } from '../pipeline.ts';
import { buildNative, type NativeSource } from './build-native.ts';

const MINIMAL_NODE = [22, 18] as const;

export interface Diagnosis {
  readonly node: { readonly version: string; readonly isNewEnough: boolean };
  readonly machine: Machine;
  readonly freeDiskBytes: number;
  readonly backends: readonly BackendProbe[];
  /** what a run would use; null when no backend starts */
  readonly chosen: BackendRecord | null;
  /** why no backend starts */
  readonly trouble?: string;
}

export async function diagnose(): Promise<Diagnosis> {
  const { initBackend, probeBackends } = await import('@marco-ts/core');
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const probes = await probeBackends();
  const common = {
    node: {
      version: process.version,
      isNewEnough: major > MINIMAL_NODE[0] || (major === MINIMAL_NODE[0] && minor >= MINIMAL_NODE[1]),
    },
    machine: describeMachine(),
    freeDiskBytes: await freeDiskBytes('.'),
  };
  try {
    const chosen = await initBackend();
    return { ...common, backends: probes.map((probe) => asTried(probe, chosen)), chosen };
  } catch (error) {
    return { ...common, backends: probes, chosen: null, trouble: (error as Error).message };
  }
}

/** A backend whose files are all here may still not start: then that counts. */
function asTried(probe: BackendProbe, { refused }: BackendRecord): BackendProbe {
  const refusal = refused.find(({ name }) => name === probe.name);
  if (!probe.available || refusal === undefined) return probe;
  return { ...probe, available: false, missing: refusal.reason, fix: refusal.fix };
}

export interface DoctorOptions {
  readonly json: boolean;
  /** build tfjs-node's addon before looking */
  readonly nativeSource?: NativeSource;
}

/** @returns whether a run can start here */
export async function doctor({ json, nativeSource }: DoctorOptions, output: CommandOutput): Promise<boolean> {
  const nativeBuild = nativeSource === undefined ? undefined : await buildNative(nativeSource, output);
  const diagnosis = await diagnose();
  const isWell = diagnosis.chosen !== null && diagnosis.node.isNewEnough;
  if (json) output.stdout.write(`${JSON.stringify({ ...diagnosis, nativeBuild }, null, 2)}\n`);
  else {
    if (nativeBuild !== undefined) writeNativeBuild(nativeBuild, output);
    writeDiagnosis(diagnosis, output);
  }
  return isWell;
}

function writeNativeBuild({ isReused, directory, record }: NativeBuildResult, output: CommandOutput): void {
  const terminal = createTerminal(output.stdout);
  const { version, wheel, isCudaBuild, directory: source } = record.libtensorflow;
  const kind = isCudaBuild === null ? '' : isCudaBuild ? ', for CUDA' : ', for the processor';
  const lines = [
    terminal.style('bold', 'Native build'),
    `  ${terminal.style('green', '✔')} ${record.package} on libtensorflow ${version}${kind}${isReused ? ', built before' : ''}`,
    `    libtensorflow: ${source}${wheel === null ? '' : ` (${wheel})`}`,
    `    ${directory}; remove it to build again`,
  ];
  output.stdout.write(`${lines.join('\n')}\n\n`);
}

function writeDiagnosis(diagnosis: Diagnosis, output: CommandOutput): void {
  const terminal = createTerminal(output.stdout);
  const mark = (good: boolean): string => (good ? terminal.style('green', '✔') : terminal.style('yellow', '✗'));
  const { node, machine, chosen } = diagnosis;
  const lines = [
    terminal.style('bold', 'Machine'),
    `  ${mark(node.isNewEnough)} Node.js ${node.version}${node.isNewEnough ? '' : `; needs ${MINIMAL_NODE.join('.')} or later: npm install --save-dev node@24`}`,
    `    ${machine.cpu}, ${machine.numCores} ${machine.numCores === 1 ? 'core' : 'cores'}, ${formatBytes(machine.memoryBytes)} memory, ${machine.platform}`,
    `    ${formatBytes(diagnosis.freeDiskBytes)} free on this disk`,
    '',
    terminal.style('bold', 'Backends'),
  ];
  for (const probe of diagnosis.backends) {
    const facts = Object.entries(probe.facts).map(([name, value]) => `${name} ${value}`);
    lines.push(
      `  ${mark(probe.available)} ${terminal.style('bold', probe.name)}${facts.length > 0 ? `  ${facts.join(', ')}` : ''}`,
    );
    if (probe.missing !== undefined) lines.push(`      ${withoutOrigin(probe.missing)}`);
    if (probe.fix !== undefined && probe.fix !== '') lines.push(`      ${terminal.style('dim', 'mend:')} ${probe.fix}`);
  }
  lines.push('', terminal.style('bold', 'A run would use'));
  if (chosen === null) lines.push(`  ${mark(false)} none: ${diagnosis.trouble}`);
  else {
    const facts = [
      chosen.numThreads === undefined ? '' : `${chosen.numThreads} threads`,
      chosen.simd === undefined ? '' : `${chosen.simd} SIMD`,
      chosen.adapter ?? '',
      chosen.version ?? '',
    ].filter((fact) => fact !== '');
    lines.push(
      `  ${mark(true)} ${terminal.style('bold', chosen.name)}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}: ${chosen.reason}`,
    );
  }
  output.stdout.write(`${lines.join('\n')}\n`);
}

/** Drops the package and function at the head of an error message: here only what is missing matters. */
function withoutOrigin(message: string): string {
  return message.replace(/^\[@marco-ts\/[\w-]+\] \w+: /, '');
}
