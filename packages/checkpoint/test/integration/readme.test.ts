/**
 * The README's way from the Hub to Ollama, as it stands there: only the Hub is one on 127.0.0.1, and its model is a tiny one.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { writeTinyQwen2 } from '../golden/gguf/write-tiny-qwen2.ts';
import { startHub } from './hub-server.ts';

const folder = join(import.meta.dirname, '..', '..');

test('from the Hub to Ollama', async () => {
  const root = await mkdtemp(join(tmpdir(), 'marco-checkpoint-readme-'));
  const model = join(root, 'model');
  await writeTinyQwen2(model);
  const names = await readdir(model);
  const hub = await startHub(
    new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(model, name))] as const))),
  );
  try {
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    const [, example] = /From the Hub to Ollama:\s+```ts\n([\s\S]*?)```/.exec(readme)!;
    const program = `process.chdir(${JSON.stringify(root)});
const { fetch } = globalThis;
globalThis.fetch = (address, options) =>
  fetch(String(address).replace('https://huggingface.co', '${hub.url}').replace('Qwen/Qwen2-0.5B-Instruct', 'owner/tiny'), options);
${example}`;
    const flags = ['--conditions=@marco-ts/source', '--input-type=module-typescript', '--eval', program];
    const env = { ...process.env, HF_HOME: join(root, 'cache') };
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: folder, env });
    expect(stdout).toMatch(/value: 2 .*name: 'token_embd.weight',\s+type: 'Q8_0'/s);
    expect(await readFile(join(root, 'Modelfile'), 'utf8')).toContain('FROM ./qwen2.gguf');
  } finally {
    await hub.close();
    await rm(root, { recursive: true, force: true });
  }
});
