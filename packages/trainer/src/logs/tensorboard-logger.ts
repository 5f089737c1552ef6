/**
 * Events of a run as a TensorBoard log: `tensorboard --logdir <directory>` shows the curves while it goes on.
 *
 * Source: file names and records of `tensorboard.summary.writer.event_file_writer`. A resumed run begins a file of its own, whose first
 * record tells readers to forget the steps that it makes again.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { EventLogger } from './event-logger.ts';
import { eventScalars } from './event-scalars.ts';
import { tensorBoardRecord } from './tensorboard-event.ts';

/** Distinguishes files that one process begins in one second. */
let numFiles = 0;

/**
 * @param directory made when absent
 * @throws Error when no file can be written there
 */
export async function createTensorBoardLogger(directory: string): Promise<EventLogger> {
  const wallTime = () => Date.now() / 1000;
  const seconds = String(Math.floor(wallTime())).padStart(10, '0');
  const name = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${numFiles++}`;
  let file: FileHandle;
  try {
    await mkdir(directory, { recursive: true });
    file = await open(join(directory, name), 'a');
  } catch (error) {
    throw new Error(
      `[@marco-ts/trainer] createTensorBoardLogger: the log must be a directory that can be written, got ${String(error)} at ${directory}. Choose another path.`,
    );
  }
  await file.appendFile(tensorBoardRecord({ wallTime: wallTime(), step: 0, fileVersion: 'brain.Event:2' }));
  return {
    async log(event) {
      if (event.type === 'run-started') {
        // What the checkpoint's own step has said stays.
        await file.appendFile(tensorBoardRecord({ wallTime: wallTime(), step: event.step + 1, startsSession: true }));
        return;
      }
      const scalars = eventScalars(event);
      if (scalars.length === 0) return;
      await file.appendFile(tensorBoardRecord({ wallTime: wallTime(), step: event.step, scalars }));
    },
    close: () => file.close(),
  };
}
