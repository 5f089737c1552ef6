import { expect, test } from 'vitest';
import { SMALL_TEXTS, smallTokenizer } from '../../test/small-tokenizer.ts';
import { createBatchEncoder } from './batch-encoder.ts';

test('the same ids in the same order', async () => {
  await using encoder = await createBatchEncoder(smallTokenizer, { numWorkers: 2 });
  expect(encoder.numWorkers).toBe(2);
  const texts = Array.from({ length: 3000 }, (_, i) => `${i} ${SMALL_TEXTS[i % SMALL_TEXTS.length]}<|im_end|>`).concat(
    '',
  );
  const [ids, ordinary, none] = await Promise.all([
    encoder.encode(texts),
    encoder.encodeOrdinary(texts),
    encoder.encode([]),
  ]);
  expect(ids).toEqual(texts.map((text) => smallTokenizer.encode(text)));
  expect(ordinary).toEqual(texts.map((text) => smallTokenizer.encodeOrdinary(text)));
  expect(none).toEqual([]);
});

test('closed while at work and after', async () => {
  const encoder = await createBatchEncoder(smallTokenizer, { numWorkers: 1 });
  const work = expect(encoder.encode(['a'.repeat(1_000_000)])).rejects.toThrow('the batch encoder must be open');
  await encoder.close();
  await work;
  await expect(encoder.encode(['a'])).rejects.toThrow('the batch encoder must be open, got a closed one');
});

test('bad arguments', async () => {
  await expect(createBatchEncoder(smallTokenizer, { numWorkers: 0 })).rejects.toThrow(
    'numWorkers must be a whole number from 1',
  );
  await using encoder = await createBatchEncoder(smallTokenizer, { numWorkers: 1 });
  await expect(encoder.encode(['a', 1 as never])).rejects.toThrow('texts[1] must be a string, got number 1');
  await expect(encoder.encode('a' as never)).rejects.toThrow('texts must be an array of strings, got "a"');
});

test('a worker that cannot start', async () => {
  const broken = { ...smallTokenizer, files: () => ({ 'tokenizer.json': '{}', 'tokenizer_config.json': '{}' }) };
  await expect(createBatchEncoder(broken, { numWorkers: 1 })).rejects.toThrow('must describe a byte-level BPE');
});
