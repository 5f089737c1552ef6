/**
 * Writes a model of the size of Qwen2-0.5B with random weights (BF16, about 1 GB):
 * `node --conditions=@marco-ts/source packages/model/test/slow/write-real-size-model.ts <directory>`.
 */
import { writeHuggingFaceModel } from '@marco-ts/checkpoint';
import { parameterShapes, QWEN2_SIZES, qwen2ConfigToJson } from '@marco-ts/model';

/** Values spread evenly with a standard deviation of about 0.02, which cost less than normal ones; norms of one. */
export async function writeRealSizeModel(directory: string): Promise<void> {
  const config = QWEN2_SIZES['0.5B'];
  let state = 1;
  const arrays = new Map(
    [...parameterShapes(config)].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      const isNorm = name.endsWith('norm.weight');
      for (let i = 0; i < data.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        data[i] = isNorm ? 1 : (state / 2 ** 31) * 0.035;
      }
      return [name, { shape, data }];
    }),
  );
  await writeHuggingFaceModel(directory, {
    config: { ...qwen2ConfigToJson(config), torch_dtype: 'bfloat16' },
    arrays,
    dtype: 'BF16',
    maxShardSizeBytes: 4e8,
  });
}

if (import.meta.main) await writeRealSizeModel(process.argv[2]!);
