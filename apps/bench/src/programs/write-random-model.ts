/**
 * A Qwen2 model directory in float32 with random weights: what all sides of the suite `generate` load.
 *
 * Its tokenizer knows bytes and special tokens only, as llama.cpp asks for one; the rest of the vocabulary is rows of padding to it.
 */
import { writeHuggingFaceModel } from '@marco-ts/checkpoint';
import { parameterShapes, type Qwen2Config, qwen2ConfigToJson } from '@marco-ts/model';
import { QWEN2_SPECIAL_TOKENS, trainTokenizer } from '@marco-ts/tokenizer';

/** Weights are even in ±0.035 (a standard deviation of 0.02), which costs less than normal ones; norms are one. */
export async function writeRandomModel(directory: string, config: Qwen2Config): Promise<void> {
  let state = 1;
  const arrays = new Map(
    [...parameterShapes(config)].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
      if (!name.endsWith('norm.weight')) {
        for (let i = 0; i < data.length; i++) {
          state = (Math.imul(state, 1664525) + 1013904223) | 0;
          data[i] = (state / 2 ** 31) * 0.035;
        }
      }
      return [name, { shape, data }];
    }),
  );
  await writeHuggingFaceModel(directory, {
    config: { ...qwen2ConfigToJson(config), torch_dtype: 'float32' },
    arrays,
    dtype: 'F32',
    maxShardSizeBytes: 1e9,
    files: trainTokenizer([], { vocabSize: 256 + QWEN2_SPECIAL_TOKENS.length }).files(),
  });
}
