/** A model written for transformers and for llama.cpp, loaded again, and streaming an answer. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportGguf, openGguf } from '@marco-ts/checkpoint';
import { initBackend } from '@marco-ts/core';
import { estimate, generate } from '@marco-ts/model';
import { loadQwen2, saveQwen2 } from '@marco-ts/model/files';
import { createStreamingDecoder, loadTokenizer } from '@marco-ts/tokenizer';
import { tinyModel } from './tiny-model.ts';

await initBackend({ prefer: ['wasm'] });
const directory = await mkdtemp(join(tmpdir(), 'export-'));
{
  const { tokenizer, config, params } = await tinyModel();
  await saveQwen2(join(directory, 'model'), { config, params, dtype: 'BF16', files: tokenizer.files() });
}
const gguf = join(directory, 'model.gguf');
await exportGguf({ modelDirectory: join(directory, 'model'), path: gguf, dtype: 'F16' });
const opened = await openGguf(gguf);
console.log(`${gguf}: ${opened.tensors.size} tensors, ${opened.metadata.get('general.architecture')?.value}`);
await opened.close();

const model = await loadQwen2(join(directory, 'model'));
const tokenizer = await loadTokenizer(join(directory, 'model'));
console.log(`${estimate(model.config).numParams} parameters`);
process.stdout.write('Everyone has');
await generate({
  ...model,
  prompts: [tokenizer.encode('Everyone has')],
  maxNewTokens: 30,
  temperature: 0.8,
  seed: 7,
  text: {
    createDecoder: () => createStreamingDecoder(tokenizer, { skipSpecialTokens: true }),
    onText: (text) => process.stdout.write(text),
  },
});
process.stdout.write('\n');
