/**
 * Events of a run appended to a file, one JSON object a line, so that a killed and resumed run reads like one that never stopped.
 *
 * On `run-started` the file is cut back to the step the run goes on from: no step is logged twice, and a line torn by a kill is gone.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EventLogger } from './event-logger.ts';

/**
 * @param path made with its folders when absent; an existing log is continued
 * @returns adds `time` (ISO 8601) to each event; numbers that JSON lacks (NaN, infinities) are written as strings
 * @throws Error when the file cannot be opened or holds something else than a log
 */
export async function createJsonlLogger(path: string): Promise<EventLogger> {
  await mkdir(dirname(path), { recursive: true });
  let file: FileHandle;
  try {
    file = await open(path, 'a');
  } catch (error) {
    throw new Error(
      `[@marco-ts/trainer] createJsonlLogger: the log must be a file that can be written, got ${String(error)} at ${path}. Choose another path.`,
    );
  }
  return {
    async log(event) {
      if (event.type === 'run-started') await cutBack(path, event.step);
      const line = JSON.stringify({ time: new Date().toISOString(), ...event }, printableNumber);
      await file.appendFile(`${line}\n`);
    },
    close: () => file.close(),
  };
}

function printableNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** Truncates the file before the first record of a later step, or before a torn last line. */
async function cutBack(path: string, step: number): Promise<void> {
  let kept = 0;
  let lineNumber = 0;
  for await (const line of rawLines(path)) {
    lineNumber++;
    if (!line.complete) break;
    const recordStep = stepOf(line.text);
    if (recordStep === undefined) {
      throw new Error(
        `[@marco-ts/trainer] createJsonlLogger: an existing log must hold events with a step, got ${JSON.stringify(line.text.slice(0, 80))} at ${path}:${lineNumber}. Move that file away.`,
      );
    }
    if (recordStep > step) break;
    kept += line.numBytes;
  }
  await truncate(path, kept);
}

function stepOf(text: string): number | undefined {
  try {
    const record = JSON.parse(text) as { step?: unknown };
    return typeof record.step === 'number' ? record.step : undefined;
  } catch {
    return undefined;
  }
}

interface RawLine {
  readonly text: string;
  readonly numBytes: number;
  /** False for a last line without its line feed. */
  readonly complete: boolean;
}

async function* rawLines(path: string): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    let start = 0;
    for (let end = rest.indexOf(10, start); end >= 0; end = rest.indexOf(10, start)) {
      yield { text: rest.toString('utf8', start, end), numBytes: end + 1 - start, complete: true };
      start = end + 1;
    }
    rest = rest.subarray(start);
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), numBytes: rest.length, complete: false };
}
