/**
 * Gives a unit's outputs the names that users asked for, as further links to the same files; done again, it changes nothing.
 */
import { copyFile, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunDirectory } from './run-directory.ts';
import type { UnitReport } from './unit-report.ts';

/** A file system without hard links gets a copy, moved into place whole. */
async function publishFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EXDEV' && code !== 'EMLINK') throw error;
    const temporary = `${to}.writing-${process.pid}`;
    await copyFile(from, temporary);
    await rename(temporary, to).catch(async (cause) => {
      await rm(temporary, { force: true });
      throw cause;
    });
  }
}

export async function publishUnit(run: RunDirectory, report: UnitReport, unitDirectory: string): Promise<void> {
  for (const { file, publishAs } of report.outputs) {
    if (publishAs === undefined) continue;
    const from = join(unitDirectory, file);
    const to = join(run.path, publishAs);
    if ((await stat(from)).isDirectory()) {
      await mkdir(to, { recursive: true });
      for (const name of await readdir(from)) await publishFile(join(from, name), join(to, name));
    } else {
      await mkdir(dirname(to), { recursive: true });
      await publishFile(from, to);
    }
  }
}
