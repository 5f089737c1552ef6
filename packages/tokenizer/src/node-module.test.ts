import { expect, test, vi } from 'vitest';
import { smallTokenizer } from '../test/small-tokenizer.ts';
import { createBatchEncoder, loadTokenizer } from './index.ts';

test('a host without Node modules is told what to do instead', async () => {
  const absent = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  try {
    await expect(loadTokenizer('model')).rejects.toThrow('pass them to createTokenizer');
    await expect(createBatchEncoder(smallTokenizer)).rejects.toThrow('createBatchEncoder: node:worker_threads');
  } finally {
    absent.mockRestore();
  }
});
