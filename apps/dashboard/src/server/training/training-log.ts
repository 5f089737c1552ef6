/**
 * A training log followed as it grows: only new bytes are read, numbers go into columns, and a log that was cut back for a resume is read anew.
 *
 * Source: the events of @marco-ts/trainer, one JSON object a line, which writes NaN and infinities as strings.
 */
import type { FileHandle } from 'node:fs/promises';
import { asNumber, asRecord, asText, type JsonRecord } from '../json-shape.ts';
import type { RunsDirectory } from '../runs-directory.ts';
import { NumericSeries } from './numeric-series.ts';

const CHUNK_BYTES = 4 * 2 ** 20;
/** A log with more curves than this is told up to here. */
const MAX_SERIES = 400;
const MAX_NOTES = 1000;
const FINGERPRINT_BYTES = 64;

export interface LogNote {
  readonly step: number;
  readonly message: string;
}

export interface LogEvaluation {
  readonly step: number;
  readonly metrics: Readonly<Record<string, unknown>>;
}

export interface TrainingLog {
  /** curves by name: `loss`, `learningRate`, `gradNorm`, `tokensPerSecond`, `loss/<source>`, metrics by their own names, `eval/<metric>` */
  readonly series: ReadonlyMap<string, NumericSeries>;
  /** predicted tokens by source, summed over the log */
  readonly seenTokens: ReadonlyMap<string, number>;
  readonly warnings: readonly LogNote[];
  readonly checkpoints: readonly number[];
  readonly evaluations: readonly LogEvaluation[];
  readonly step: number;
  readonly numSteps: number;
  readonly isFinished: boolean;
  readonly startedAt: string | undefined;
  /** of one step, lately */
  readonly stepMs: number | undefined;
}

/** Reads what was written since the last call. @returns the whole log; it changes with the next call */
export type TrainingLogFollower = () => Promise<TrainingLog>;

const NUMBERS = ['loss', 'learningRate', 'gradNorm', 'tokensPerSecond', 'durationMs', 'peakShare'] as const;

export function followTrainingLog(runs: RunsDirectory, path: readonly string[]): TrainingLogFollower {
  let log = emptyLog();
  let offset = 0;
  let fingerprint: Buffer = Buffer.alloc(0);
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    await using file = await runs.open(path);
    const size = file === undefined ? 0 : (await file.stat()).size;
    if (file === undefined || size < offset || !(await isSameBefore(file, offset, fingerprint))) {
      log = emptyLog();
      offset = 0;
    }
    if (file === undefined) return;
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(1, size - offset)));
    let rest: Buffer = Buffer.alloc(0);
    let position = offset;
    while (position < size) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - position), position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const end = buffer.lastIndexOf(10, bytesRead - 1);
      if (end < 0) {
        rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        continue;
      }
      for (const line of `${rest.toString('utf8')}${buffer.toString('utf8', 0, end)}`.split('\n')) take(log, line);
      rest = Buffer.from(buffer.subarray(end + 1, bytesRead));
      offset = position - rest.length;
      // Other requests want their turn while a long log is read.
      await new Promise((resolve) => setImmediate(resolve));
    }
    fingerprint = await bytesBefore(file, offset);
  };

  return async () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
    return log;
  };
}

type GrowingLog = { -readonly [Name in keyof TrainingLog]: Growing<TrainingLog[Name]> };
type Growing<Type> =
  Type extends ReadonlyMap<infer Key, infer Value>
    ? Map<Key, Value>
    : Type extends readonly (infer Element)[]
      ? Element[]
      : Type;

function emptyLog(): GrowingLog {
  return {
    series: new Map(),
    seenTokens: new Map(),
    warnings: [],
    checkpoints: [],
    evaluations: [],
    step: 0,
    numSteps: 0,
    isFinished: false,
    startedAt: undefined,
    stepMs: undefined,
  };
}

function take(log: GrowingLog, line: string): void {
  if (line === '') return;
  let event: JsonRecord;
  try {
    event = asRecord(JSON.parse(line));
  } catch {
    return;
  }
  const step = asNumber(event.step);
  if (step === undefined) return;
  const numSteps = asNumber(event.numSteps);
  if (numSteps !== undefined) log.numSteps = numSteps;
  switch (event.type) {
    case 'run-started':
      log.startedAt ??= asText(event.time);
      log.isFinished = false;
      log.step = step;
      for (const series of log.series.values()) series.cutAfter(step);
      log.evaluations = log.evaluations.filter((evaluation) => evaluation.step <= step);
      break;
    case 'step-completed':
      log.step = step;
      log.stepMs = asNumber(event.durationMs) ?? log.stepMs;
      for (const name of NUMBERS) add(log, name, step, event[name]);
      for (const [name, value] of Object.entries(asRecord(event.metrics))) add(log, name, step, value);
      for (const [source, group] of Object.entries(asRecord(event.groups))) {
        const { loss, numTargets } = asRecord(group);
        add(log, `loss/${source}`, step, loss);
        log.seenTokens.set(source, (log.seenTokens.get(source) ?? 0) + (asNumber(numTargets) ?? 0));
      }
      break;
    case 'evaluation-completed':
      for (const [name, value] of Object.entries(asRecord(event.metrics))) add(log, `eval/${name}`, step, value);
      if (log.evaluations.length < MAX_NOTES) log.evaluations.push({ step, metrics: asRecord(event.metrics) });
      break;
    case 'checkpoint-saved':
      if (log.checkpoints.length < MAX_NOTES) log.checkpoints.push(step);
      break;
    case 'warning':
      if (log.warnings.length < MAX_NOTES) log.warnings.push({ step, message: asText(event.message) ?? '' });
      break;
    case 'run-finished':
      log.isFinished = true;
      log.step = step;
      break;
  }
}

function add(log: GrowingLog, name: string, step: number, value: unknown): void {
  if (typeof value !== 'number' && typeof value !== 'string') return;
  let series = log.series.get(name);
  if (series === undefined) {
    if (log.series.size >= MAX_SERIES) return;
    log.series.set(name, (series = new NumericSeries()));
  }
  if (step >= (series.lastStep() ?? Number.NEGATIVE_INFINITY)) series.push(step, Number(value));
}

async function bytesBefore(file: FileHandle, offset: number): Promise<Buffer> {
  const length = Math.min(FINGERPRINT_BYTES, offset);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset - length);
  return buffer.subarray(0, bytesRead);
}

async function isSameBefore(file: FileHandle, offset: number, fingerprint: Buffer): Promise<boolean> {
  return offset === 0 || (await bytesBefore(file, offset)).equals(fingerprint);
}
