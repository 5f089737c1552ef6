/**
 * `marco doctor --build-native`: builds tfjs-node's addon against a libtensorflow of the user's, with progress on stderr.
 */
import type { NativeBuildResult } from '@marco-ts/backend-node/native-build';
import { BadInputError } from '../../errors.ts';
import type { CommandOutput } from '../pipeline.ts';

export interface NativeSource {
  /** a directory that holds libtensorflow and its headers */
  readonly libtensorflow?: string;
  /** an interpreter whose TensorFlow wheel is taken; neither given: the first Python found that has one */
  readonly python?: string;
}

/** @throws BadInputError when what was named cannot be built against; Error when building failed */
export async function buildNative(source: NativeSource, output: CommandOutput): Promise<NativeBuildResult> {
  const { buildNativeAddon } = await import('@marco-ts/backend-node/native-build');
  try {
    return await buildNativeAddon({ ...source, onProgress: (line) => void output.stderr.write(`${line}\n`) });
  } catch (error) {
    if ((error as { isBadInput?: boolean }).isBadInput) {
      throw new BadInputError((error as Error).message, { cause: error });
    }
    throw error;
  }
}
