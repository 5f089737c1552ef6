/**
 * What runs inside the page: a tokenizer, safetensors weights by ranges and from a Blob, generation on the wasm backend.
 */
import { blobSource, openSafetensorsFrom, type SafetensorsFile, urlSource } from '@marco-ts/checkpoint/web';
import { disposeParams, initBackend, tf } from '@marco-ts/core';
import { generate, parseQwen2Config, readQwen2Params } from '@marco-ts/model';
import { createStreamingDecoder, createTokenizer } from '@marco-ts/tokenizer';

const json = async (name: string) => (await fetch(name)).json();

export async function answer(prompt: string, maxNewTokens: number) {
  const { name: backend } = await initBackend({ prefer: ['wasm'] });
  const tokenizer = createTokenizer({
    tokenizerJson: await json('/tokenizer.json'),
    tokenizerConfig: await json('/tokenizer_config.json'),
  });
  const config = parseQwen2Config(await json('/config.json'));
  const numTensors = tf.memory().numTensors;
  const generateFrom = async (weights: SafetensorsFile) => {
    const params = await readQwen2Params(config, weights);
    await weights.close();
    let text = '';
    const [tokens] = await generate({
      params,
      config,
      prompts: [tokenizer.encode(prompt)],
      maxNewTokens,
      eosTokenIds: [],
      text: {
        createDecoder: () => createStreamingDecoder(tokenizer),
        onText: (piece) => {
          text += piece;
        },
      },
    });
    disposeParams(params);
    return { tokens: [...tokens!], text };
  };
  const byRanges = await generateFrom(await openSafetensorsFrom(await urlSource('/model.safetensors')));
  const blob = await (await fetch('/model.safetensors')).blob();
  const fromBlob = await generateFrom(await openSafetensorsFrom(blobSource(blob)));
  const refused = await urlSource('/without-ranges').catch((error: Error) => error.message);
  return { backend, byRanges, fromBlob, refused, numTensorsLeft: tf.memory().numTensors - numTensors };
}
