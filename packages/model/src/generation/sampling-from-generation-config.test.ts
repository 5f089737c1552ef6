import { expect, test } from 'vitest';
import { samplingFromGenerationConfig } from './sampling-from-generation-config.ts';

test('a model is greedy unless its file asks for sampling', () => {
  expect(samplingFromGenerationConfig({})).toEqual({ temperature: 0 });
  expect(samplingFromGenerationConfig({ do_sample: false, temperature: 0.7, top_p: 0.8 })).toEqual({
    temperature: 0,
    topP: 0.8,
  });
});

test('Qwen2-Instruct’s own file', () => {
  const file = {
    do_sample: true,
    temperature: 0.7,
    top_p: 0.8,
    top_k: 20,
    repetition_penalty: 1.05,
    eos_token_id: [1],
  };
  expect(samplingFromGenerationConfig(file)).toEqual({
    temperature: 0.7,
    topP: 0.8,
    topK: 20,
    repetitionPenalty: 1.05,
  });
});

test('sampling without a temperature has 1; what is no number is passed over', () => {
  expect(samplingFromGenerationConfig({ do_sample: true, top_k: null, min_p: 0.1 })).toEqual({
    temperature: 1,
    minP: 0.1,
  });
});
