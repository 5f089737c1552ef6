import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGguf, openHuggingFaceModel, writeManifest } from '@marco-ts/checkpoint';
import { disposeParams, initBackend } from '@marco-ts/core';
import { saveQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyChatModel } from '../../../test/fixtures/tiny-chat-model.ts';
import { listStageFiles } from '../../runner/stage-files.ts';
import { exportModel } from './export-model.ts';

let directory: string;
let from: string;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  directory = await mkdtemp(join(tmpdir(), 'marco-export-'));
  from = join(directory, 'tiny model');
  const model = tinyChatModel();
  await saveQwen2(from, { ...model, files: model.tokenizer.files() });
  disposeParams(model.params);
});
afterAll(() => rm(directory, { recursive: true }));

test('a Hugging Face directory has the dtype in file and config, and the tokenizer', async () => {
  const out = join(directory, 'half');
  await exportModel(from, { format: 'hf', dtype: 'BF16', out });
  const model = await openHuggingFaceModel(out);
  expect(new Set([...model.tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['BF16']));
  expect(model.config.torch_dtype).toBe('bfloat16');
  expect(model.generationConfig).toBeDefined();
  await model.close();
  expect((await loadTokenizer(out)).encode('haki')).toEqual((await loadTokenizer(from)).encode('haki'));
  await expect(exportModel(from, { format: 'hf', out })).rejects.toThrow(/must be free.*--overwrite/);
  await exportModel(from, { format: 'hf', dtype: 'F16', out, overwrite: true });
});

test('for Ollama the Modelfile names the GGUF beside it', async () => {
  const out = join(directory, 'ollama');
  await exportModel(from, { format: 'ollama', out });
  expect(readFileSync(join(out, 'Modelfile'), 'utf8')).toMatch(/^FROM \.\/tiny-model\.gguf\nTEMPLATE/);
  const gguf = await openGguf(join(out, 'tiny-model.gguf'));
  expect(gguf.tensors.get('token_embd.weight')?.type).toBe('F16');
  expect(gguf.metadata.get('general.name')).toMatchObject({ value: 'tiny model' });
  await gguf.close();
});

test.each([
  ['hf' as const, 'Q8_0' as const, 'x', /--dtype F32, F16 or BF16, got Q8_0/],
  ['gguf' as const, 'F16' as const, 'x', /--out must end in \.gguf, got .*x/],
])('%s with %s at %s is refused', async (format, dtype, name, message) => {
  await expect(exportModel(from, { format, dtype, out: join(directory, name) })).rejects.toThrow(message);
});

test('a model of a stage in which a bit was changed is not exported', async () => {
  const stage = join(directory, '14-export');
  const path = join(stage, 'hugging-face', 'model.safetensors');
  await cp(from, join(stage, 'hugging-face'), { recursive: true });
  const record = {
    stage: 'export',
    inputs: {},
    config: {},
    versions: {},
    counts: {},
    seconds: 1,
    startedAt: new Date(0).toISOString(),
    hash: 'a'.repeat(64),
  };
  await writeManifest(stage, { ...record, notes: { files: await listStageFiles(stage) } });
  await exportModel(join(stage, 'hugging-face'), { format: 'gguf', out: join(directory, 'whole.gguf') });
  const bytes = readFileSync(path);
  bytes[bytes.length - 5]! ^= 1;
  await writeFile(path, bytes);
  await expect(
    exportModel(join(stage, 'hugging-face'), { format: 'gguf', out: join(directory, 'changed.gguf') }),
  ).rejects.toThrow(/as its run wrote it.*model\.safetensors is damaged: checksum.*marco resume/);
});
