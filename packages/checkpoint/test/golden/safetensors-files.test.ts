/**
 * Files written by the Python safetensors library, whole and damaged (golden/safetensors of MARCO_TEST_DATA).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, readHuggingFaceModel } from '@marco-ts/checkpoint';
import { describe, expect, test } from 'vitest';

const root = process.env.MARCO_TEST_DATA ? join(process.env.MARCO_TEST_DATA, 'golden') : '';

describe.skipIf(!root)('files of the Python library', () => {
  test('every dtype has the values that Python has', async () => {
    const expected = JSON.parse(readFileSync(join(root, 'safetensors/dtypes.expected.json'), 'utf8')) as Record<
      string,
      { shape: number[]; values: (number | boolean)[] }
    >;
    const file = await openSafetensors(join(root, 'safetensors/dtypes.safetensors'));
    expect([...file.tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, values }] of Object.entries(expected)) {
      expect(file.tensors.get(name)!.shape).toEqual(shape);
      if (name === 'i64') {
        await expect(file.readArray(name)).rejects.toThrow(
          /must fit 32 bits, got 1099511627776 at element 1 at tensor "i64"/,
        );
        const bytes = await file.readBytes(name);
        expect([...new BigInt64Array(bytes.buffer)].map(Number)).toEqual(values);
      } else {
        const { data } = await file.readArray(name);
        expect([...data]).toEqual(
          values.map((value) => (data instanceof Float32Array ? Math.fround(Number(value)) : Number(value))),
        );
      }
    }
    await file.close();
  });

  test.each([
    ['empty', /8 bytes of header length, got 0 bytes at byte 0/],
    ['header_too_large', /header too large/],
    ['truncated_data', /truncated/],
    ['truncated_header', /truncated/],
  ])('malformed: %s', async (name, message) => {
    await expect(openSafetensors(join(root, `safetensors/malformed/${name}.safetensors`))).rejects.toThrow(message);
  });

  test('model directories of transformers', async () => {
    const a = await readHuggingFaceModel(join(root, 'tiny_qwen2/a_gqa_untied'));
    expect(a.config.vocab_size).toBe(512);
    expect(a.arrays.get('lm_head.weight')!.shape).toEqual([512, 64]);
    const c = await readHuggingFaceModel(join(root, 'tiny_qwen2/c_fullvocab_bf16'));
    expect(c.arrays.get('model.embed_tokens.weight')!.shape).toEqual([151936, 16]);
    expect(c.arrays.has('lm_head.weight')).toBe(false);
  });
});
