/**
 * Reads back what `createJsonlLogger` wrote.
 */
import { readFile } from 'node:fs/promises';
import type { TrainEvent } from '../loop/train-event.ts';

/** An event with the time at which it was written, ISO 8601 in UTC. */
export type LoggedEvent = TrainEvent & { readonly time: string };

/**
 * @returns the events in order; a last line torn by a kill is left out
 * @throws Error with file and line when another line is no event
 */
export async function readJsonlLog(path: string): Promise<LoggedEvent[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(
      `[@marco-ts/trainer] readJsonlLog: the log must be a readable file, got ${String(error)} at ${path}. Has the run started?`,
    );
  }
  const lines = text.split('\n');
  lines.pop(); // empty after the last line feed, or a torn line
  return lines.map((line, index) => {
    try {
      const event = JSON.parse(line) as LoggedEvent;
      if (typeof event.type === 'string' && typeof event.step === 'number') return event;
    } catch {
      // reported below with its place
    }
    throw new Error(
      `[@marco-ts/trainer] readJsonlLog: every line must be an event with type and step, got ${JSON.stringify(line.slice(0, 80))} at ${path}:${index + 1}. Restore the log or delete that line.`,
    );
  });
}
