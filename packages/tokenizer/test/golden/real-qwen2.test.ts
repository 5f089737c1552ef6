/** Qwen2's real tokenizer against reference ids, renderings and masks; skipped where MARCO_TEST_DATA is not set. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTokenizer, type Tokenizer } from '../../src/index.ts';

const root = process.env.MARCO_TEST_DATA ?? '';
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readLines = <Row>(path: string) =>
  read(path)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

describe.skipIf(!root)('Qwen2', () => {
  let tokenizer: Tokenizer;
  let qwen25: Tokenizer;

  beforeAll(() => {
    const files = { vocabJson: read('tokenizer/qwen2/vocab.json'), mergesText: read('tokenizer/qwen2/merges.txt') };
    tokenizer = createTokenizer({ ...files, tokenizerConfig: read('tokenizer/qwen2/tokenizer_config.json') });
    qwen25 = createTokenizer({ ...files, tokenizerConfig: read('tokenizer/qwen2.5/tokenizer_config.json') });
  });

  test('ids and sizes', () => {
    expect(tokenizer.vocabSize).toBe(151646);
    expect(tokenizer.eosTokenId).toBe(151645);
    expect(tokenizer.padTokenId).toBe(151643);
    expect([...tokenizer.encode('Hello world')]).toEqual([9707, 1879]);
    expect([...tokenizer.encode(' Hello world')]).toEqual([21927, 1879]);
    expect(qwen25.tokenToId('<tool_call>')).toBe(151657);
  });

  test('reference vectors', () => {
    const rows = readLines<{ id: number; text: string; ids: number[] }>('golden/tokenizer/qwen2_vectors.jsonl');
    expect(rows.length).toBeGreaterThan(700);
    for (const { id, text, ids } of rows) {
      expect([...tokenizer.encode(text)], `row ${id}`).toEqual(ids);
      expect(tokenizer.decode(ids), `row ${id}`).toBe(text.normalize('NFC'));
    }
  });

  test('llama.cpp vectors', () => {
    const texts = read('tokenizer/llamacpp_vectors/ggml-vocab-qwen2.gguf.inp').split('\n__ggml_vocab_test__\n');
    const ids = read('tokenizer/llamacpp_vectors/ggml-vocab-qwen2.gguf.out').split('\n');
    expect(texts.length).toBeGreaterThan(40);
    for (const [index, text] of texts.entries()) {
      const expected = ids[index]!.trim() === '' ? [] : ids[index]!.trim().split(/\s+/).map(Number);
      expect([...tokenizer.encode(text)], JSON.stringify(text)).toEqual(expected);
    }
  });

  test('the same from tokenizer.json', () => {
    const json = zstdDecompressSync(readFileSync(join(root, 'tokenizer/qwen2/tokenizer.json.zst'))).toString('utf8');
    const other = createTokenizer({ tokenizerJson: json, tokenizerConfig: { eos_token: '<|im_end|>' } });
    for (const { text } of readLines<{ text: string }>('golden/tokenizer/qwen2_vectors.jsonl').slice(0, 100)) {
      expect(other.encode(text)).toEqual(tokenizer.encode(text));
    }
  });

  test('chat renderings', () => {
    interface Row {
      case: string;
      template: string;
      messages: { role: string; content: string }[];
      tools: unknown[] | null;
      add_generation_prompt: boolean;
      rendered: string;
      ids: number[] | null;
    }
    const rows = readLines<Row>('golden/chat_template/rendered.jsonl');
    expect(rows.length).toBeGreaterThan(200);
    for (const row of rows) {
      const chosen = row.template === 'qwen2' ? tokenizer : qwen25;
      const options = { addGenerationPrompt: row.add_generation_prompt, ...(row.tools ? { tools: row.tools } : {}) };
      expect(chosen.renderChat(row.messages, options), row.case).toBe(row.rendered);
      const { ids, assistantMask } = chosen.encodeChat(row.messages, options);
      if (row.ids) expect([...ids], row.case).toEqual(row.ids);
      // the mask selects the turns of the assistant and nothing else
      const selected = chosen.decode(ids.filter((_, index) => assistantMask[index] === 1));
      const turns = row.messages.filter((message) => message.role === 'assistant' && !('tool_calls' in message));
      if (row.messages.every((message) => !('tool_calls' in message))) {
        expect(selected, row.case).toBe(turns.map(({ content }) => `${content.normalize('NFC')}<|im_end|>`).join(''));
      }
    }
  });

  test('assistant turns of a template that drops earlier thoughts', () => {
    const qwen3 = createTokenizer({
      tokenizerJson: tokenizer.files()['tokenizer.json']!,
      tokenizerConfig: {
        eos_token: '<|im_end|>',
        chat_template: read('golden/chat_template/templates/trl_qwen3.jinja'),
      },
    });
    const { ids, assistantMask } = qwen3.encodeChat([
      { role: 'user', content: 'Hi <|im_end|>' },
      { role: 'assistant', content: '<think>\nhm\n</think>\n\nHello' },
      { role: 'user', content: 'And?' },
      { role: 'assistant', content: '<think>\nwell\n</think>\n\nBye' },
    ]);
    expect(qwen3.decode(ids.filter((_, index) => assistantMask[index] === 1))).toBe(
      'Hello<|im_end|><think>\nwell\n</think>\n\nBye<|im_end|>',
    );
    expect(ids.filter((id) => id === 151645).length).toBe(4);
  });

  test('assistant masks of a template with {% generation %}', () => {
    interface Row {
      case: string;
      messages: { role: string; content: string }[];
      input_ids: number[];
      assistant_mask: number[];
    }
    const config = JSON.parse(read('tokenizer/qwen2.5/tokenizer_config.json')) as Record<string, unknown>;
    const training = createTokenizer({
      vocabJson: read('tokenizer/qwen2/vocab.json'),
      mergesText: read('tokenizer/qwen2/merges.txt'),
      tokenizerConfig: { ...config, chat_template: read('golden/chat_template/templates/trl_qwen2_5_training.jinja') },
    });
    const rows = readLines<Row>('golden/chat_template/qwen2.5_assistant_masks.jsonl');
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) {
      const { ids, assistantMask } = training.encodeChat(row.messages);
      expect([...ids], row.case).toEqual(row.input_ids);
      expect([...assistantMask], row.case).toEqual(row.assistant_mask);
    }
  });
});
