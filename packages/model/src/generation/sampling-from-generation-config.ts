/**
 * How a model's own `generation_config.json` wants its tokens chosen.
 *
 * Source: `GenerationConfig` of transformers: greedy unless `do_sample` is true, whatever temperature stands beside it.
 */
import type { SamplingOptions } from './sample-token.ts';

/**
 * The options that `generate` takes for it.
 *
 * @param generationConfig as the file has it; fields that are no numbers are passed over
 */
export function samplingFromGenerationConfig(generationConfig: Readonly<Record<string, unknown>>): SamplingOptions {
  const {
    do_sample,
    temperature = 1,
    top_k: topK,
    top_p: topP,
    min_p: minP,
    repetition_penalty: repetitionPenalty,
  } = generationConfig;
  const options = { temperature: do_sample === true ? temperature : 0, topK, topP, minP, repetitionPenalty };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => typeof value === 'number'));
}
