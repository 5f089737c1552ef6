/** Where benchmarks are read from: a directory of data sets, or the Hub, kept in the cache. */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type DatasetFiles, directoryDatasetFiles, hubDatasetFiles } from '@marco-ts/eval';
import { BadInputError } from '../../errors.ts';

/** @param place a directory, or 'hub' */
export function datasetPlace(place: string | undefined): DatasetFiles {
  if (place === 'hub') {
    const { HF_HOME, HF_TOKEN } = process.env;
    const cacheDirectory = join(HF_HOME || join(homedir(), '.cache', 'huggingface'), 'marco-datasets');
    return hubDatasetFiles({ cacheDirectory, accessToken: HF_TOKEN });
  }
  if (place !== undefined && existsSync(place) && statSync(place).isDirectory()) return directoryDatasetFiles(place);
  throw new BadInputError(
    `[@marco-ts/pipeline] eval: --data must be a directory of data sets, or hub, got ${place === undefined ? 'none' : `'${place}'`}. Check the path.`,
  );
}
