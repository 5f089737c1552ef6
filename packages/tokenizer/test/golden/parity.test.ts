/** Ids, offsets and texts equal to those of Hugging Face tokenizers; fixtures by tools/goldens/tokenizer.py. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createStreamingDecoder, createTokenizer } from '../../src/index.ts';

const fixtures = join(import.meta.dirname, 'fixtures');

interface Case {
  text: string;
  ids: number[];
  offsets: number[];
  ordinary: number[];
  decoded?: string;
  skipped?: string;
  half: string;
}

interface Fixture {
  tokenizerJson: { normalizer: unknown; added_tokens: { content: string }[] };
  cases: Case[];
}

for (const name of ['qwen2', 'llama3', 'gpt2', 'roberta', 'o200k', 'deepseek', 'steps']) {
  const fixture = JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8')) as Fixture;
  const { tokenizerJson, cases } = fixture;
  const tokenizer = createTokenizer({
    tokenizerJson: tokenizerJson as never,
    tokenizerConfig: { eos_token: tokenizerJson.added_tokens[0]!.content },
  });

  describe(name, () => {
    test('there are cases', () => expect(cases.length).toBeGreaterThan(30));

    test.each(cases)('$text', ({ text, ids, offsets, ordinary, decoded = text, skipped = text, half }) => {
      const encoded = tokenizer.encodeWithOffsets(text);
      expect([...tokenizer.encode(text)]).toEqual(ids);
      expect([...encoded.ids]).toEqual(ids);
      expect([...tokenizer.encodeOrdinary(text)]).toEqual(ordinary);
      expect(tokenizer.decode(ids)).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(skipped);
      const everyOther = ids.filter((_, index) => index % 2 === 0);
      expect(tokenizer.decode(everyOther)).toBe(half);
      const stream = createStreamingDecoder(tokenizer);
      expect(everyOther.map((id) => stream.push(id)).join('') + stream.end()).toBe(half);
      // the reference gives an added space the place of the next character, and composed characters the place of their base only
      const isMoved =
        ['roberta', 'steps'].includes(name) || (tokenizerJson.normalizer !== null && text.normalize('NFC') !== text);
      if (!isMoved) expect([...encoded.offsets]).toEqual(offsets);
    });
  });
}

test('every fixture is used', () => {
  expect(readdirSync(fixtures).filter((file) => file.endsWith('.json')).length).toBeGreaterThanOrEqual(7);
});
