/**
 * A Qwen2 model directory in float32 with random weights: what all sides of the suite `generate` load.
 *
 * Its tokenizer knows bytes and special tokens only, as llama.cpp asks for one; the rest of the vocabulary is rows of padding to it.
 */
import { writeHuggingFaceModel } from '@marco-ts/checkpoint';
import { type Qwen2Config, qwen2ConfigToJson } from '@marco-ts/model';
import { QWEN2_SPECIAL_TOKENS, trainTokenizer } from '@marco-ts/tokenizer';
import { randomWeights } from './random-weights.ts';

/** Writes `randomWeights`. */
export async function writeRandomModel(directory: string, config: Qwen2Config): Promise<void> {
  await writeHuggingFaceModel(directory, {
    config: { ...qwen2ConfigToJson(config), torch_dtype: 'float32' },
    arrays: new Map(randomWeights(config)),
    dtype: 'F32',
    maxShardSizeBytes: 1e9,
    files: trainTokenizer([], { vocabSize: 256 + QWEN2_SPECIAL_TOKENS.length }).files(),
  });
}
