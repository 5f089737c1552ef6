import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { smallTokenizer } from '../test/small-tokenizer.ts';
import { createTokenizer } from './create-tokenizer.ts';

type Json = Record<string, unknown>;
const json = JSON.parse(smallTokenizer.files()['tokenizer.json']!) as Json & { model: Json };
const make = (changes: Json, config: Json = { eos_token: '<|im_end|>' }) =>
  createTokenizer({ tokenizerJson: { ...json, ...changes }, tokenizerConfig: config });
const makeModel = (changes: Json) => make({ model: { ...json.model, ...changes } });

describe('what is not supported is refused by name', () => {
  test.each([
    [{ normalizer: { type: 'NFKC' } }, 'normalizer NFKC'],
    [
      { normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] } },
      'normalizer Lowercase',
    ],
    [{ pre_tokenizer: { type: 'Metaspace' } }, 'pre_tokenizer Metaspace'],
    [{ pre_tokenizer: null }, 'pre_tokenizer null'],
    [
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Whitespace' }, { type: 'ByteLevel' }] } },
      'pre_tokenizer Whitespace',
    ],
    [{ decoder: { type: 'WordPiece' } }, 'decoder WordPiece'],
    [{ decoder: null }, 'no decoder'],
    [{ post_processor: { type: 'Mystery' } }, 'post_processor Mystery'],
    [{ added_tokens: [{ id: 1 }] }, 'added token without content'],
    [{ added_tokens: [{ id: 7, content: '!' }] }, 'added token "!" with id 7 and vocabulary id 0'],
    [{ added_tokens: [{ id: -1, content: '<x>' }] }, 'id number -1 of added token "<x>"'],
    [{ model: undefined }, 'no model'],
  ])('%j', (changes, message) => {
    expect(() => make(changes)).toThrow(
      '[@marco-ts/tokenizer] createTokenizer: tokenizer.json must describe a byte-level BPE',
    );
    expect(() => make(changes)).toThrow(message);
  });

  test.each([
    [{ type: 'Unigram' }, 'model Unigram'],
    [{ byte_fallback: true }, 'model option byte_fallback'],
    [{ dropout: 0.1 }, 'model option dropout'],
    [{ end_of_word_suffix: '</w>' }, 'model option end_of_word_suffix'],
    [{ merges: ['a b c'] }, 'merge 0'],
    [{ merges: [['a', 'zz']] }, 'merge 0 with "zz"'],
    [{ vocab: { a: 'x' } }, 'id "x" of token "a"'],
    [{ vocab: [] }, 'model.vocab an array of 0'],
    [{ merges: {} }, 'model.merges an object'],
  ])('model %j', (changes, message) => expect(() => makeModel(changes)).toThrow(message));
});

test('fuzz: any part of tokenizer.json with any value is read or refused in one message', () => {
  const places = placesIn(json).filter((place) => place[1] !== 'vocab' || place.length < 3);
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
      const changed = structuredClone(json);
      const parent = place.slice(0, -1).reduce<Json>((at, key) => at[key] as Json, changed);
      parent[place.at(-1)!] = value;
      try {
        const tokenizer = createTokenizer({ tokenizerJson: changed, tokenizerConfig: { eos_token: '<|im_end|>' } });
        expect(typeof tokenizer.decode(tokenizer.encode('a b\u00e9'))).toBe('string');
      } catch (error) {
        expect((error as Error).message).toMatch(/^\[@marco-ts\/tokenizer\] /);
      }
    }),
    { numRuns: 300 },
  );
});

/** Paths of all values in it, its own parts included. */
function placesIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [[key], ...placesIn(child).map((rest) => [key, ...rest])]);
}

describe('tokenizer_config.json', () => {
  test('must name the end of text', () => {
    expect(() => make({}, {})).toThrow('tokenizerConfig.eos_token must name a token of the vocabulary, got undefined');
    expect(() => make({}, { eos_token: '<gone>' })).toThrow('got "<gone>"');
  });

  test('tokens as objects, padding by default the end of text', () => {
    const tokenizer = make({}, { eos_token: { content: '<|im_end|>' } });
    expect(tokenizer.eosTokenId).toBe(479);
    expect(tokenizer.padTokenId).toBe(479);
  });

  test('a list of chat templates', () => {
    const chat_template = [
      { name: 'tools', template: 'no' },
      { name: 'default', template: 'yes' },
    ];
    expect(make({}, { eos_token: '<|im_end|>', chat_template }).renderChat([])).toBe('yes');
  });

  test('vocab.json without a known tokenizer_class', () => {
    expect(() => createTokenizer({ vocabJson: '{}', mergesText: '' })).toThrow('need tokenizer_class');
  });

  test('GPT-2 from vocab.json and merges.txt', () => {
    const files = smallTokenizer.files();
    const tokenizer = createTokenizer({
      vocabJson: { ...(JSON.parse(files['vocab.json']!) as Json), '<|endoftext|>': 477 },
      mergesText: files['merges.txt']!,
      tokenizerConfig: { tokenizer_class: 'GPT2Tokenizer', eos_token: '<|endoftext|>' },
    });
    expect(tokenizer.decode(tokenizer.encode('the 123 e\u0301<|endoftext|>'))).toBe('the 123 e\u0301<|endoftext|>');
    expect(tokenizer.encode('<|endoftext|>').length).toBe(1);
  });
});

test('ids put around a text', () => {
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const tokenizer = make({
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('<|im_start|>'), { Sequence: { id: 'A', type_id: 0 } }, special('<|im_end|>')],
      special_tokens: { '<|im_start|>': { id: '<|im_start|>', ids: [478], tokens: ['<|im_start|>'] } },
    },
  });
  const plain = [...smallTokenizer.encode('the')];
  expect([...tokenizer.encode('the')]).toEqual([478, ...plain, 479]);
  expect([...tokenizer.encode('the', { addSpecialTokens: false })]).toEqual(plain);
  expect([...tokenizer.encodeOrdinary('the')]).toEqual(plain);
  const { ids, offsets } = tokenizer.encodeWithOffsets('the');
  expect(ids.length * 2).toBe(offsets.length);
  expect([...offsets.slice(0, 4)]).toEqual([0, 0, 0, offsets[3]]);
});

test('texts one after another in a list, which grows', () => {
  const texts = ['the first text', '', '<|im_start|>', 'the last '.repeat(100)];
  const list = { ids: new Int32Array(1), count: 0 };
  for (const text of texts) smallTokenizer.appendOrdinary(text, list);
  expect([...list.ids.subarray(0, list.count)]).toEqual(
    texts.flatMap((text) => [...smallTokenizer.encodeOrdinary(text)]),
  );
});

test('bytes that the vocabulary lacks', () => {
  const vocab = { a: 0, b: 1, '<unk>': 2 };
  const model = { type: 'BPE', vocab, merges: [] };
  expect([...make({ model, added_tokens: [] }, { eos_token: 'b' }).encode('axb')]).toEqual([0, 1]);
  const unknown = make({ model: { ...model, unk_token: '<unk>' }, added_tokens: [] }, { eos_token: 'b' });
  expect([...unknown.encode('axxb')]).toEqual([0, 2, 2, 1]);
});

describe('bad arguments', () => {
  test('encode', () => {
    expect(() => smallTokenizer.encode(1 as never)).toThrow('encode: text must be a string, got number 1');
    expect(() => smallTokenizer.encodeOrdinary(null as never)).toThrow(
      'encodeOrdinary: text must be a string, got null',
    );
    expect(() => smallTokenizer.encodeWithOffsets([] as never)).toThrow('got an array of 0');
  });

  test('decode', () => {
    expect(() => smallTokenizer.decode([0, 1.5])).toThrow(
      'decode: ids must be whole numbers from 0, got number 1.5 at ids[1]',
    );
    expect(() => smallTokenizer.decode([-1])).toThrow('at ids[0]');
    expect(smallTokenizer.decode([100_000])).toBe('');
  });

  test('createTokenizer', () => {
    expect(() => createTokenizer({ tokenizerJson: '{' })).toThrow('tokenizerJson must be JSON');
    expect(() => createTokenizer({ tokenizerJson: '[]' })).toThrow(
      'tokenizerJson must be a JSON object, got an array of 0',
    );
  });
});

test('tokens by name and number', () => {
  expect(smallTokenizer.tokenToId('<|im_end|>')).toBe(479);
  expect(smallTokenizer.tokenToId('nothing of the kind')).toBeUndefined();
  expect(smallTokenizer.idToToken(479)).toBe('<|im_end|>');
  expect(smallTokenizer.idToToken(480)).toBeUndefined();
});

test('a fingerprint follows what becomes of ordinary text, and nothing else', () => {
  const { fingerprint } = smallTokenizer;
  expect(fingerprint()).toMatch(/^[0-9a-f]{64}$/);
  const addedTokens = json.added_tokens as Json[];
  const id = smallTokenizer.vocabSize;
  const reordered = Object.fromEntries(Object.entries(json.pre_tokenizer as Json).reverse());
  const merges = (json.model.merges as (string | string[])[]).map((merge) =>
    typeof merge === 'string' ? merge.split(' ') : merge.join(' '),
  );
  const same = [
    make({}, { eos_token: '<|im_end|>', chat_template: 'another' }),
    make({ pre_tokenizer: reordered }),
    makeModel({ merges }),
    make({ added_tokens: [...addedTokens, { id, content: '<|tool|>', special: true }] }),
  ];
  for (const tokenizer of same) expect(tokenizer.fingerprint()).toBe(fingerprint());
  const vocab = Object.entries(json.model.vocab as Record<string, number>);
  const [[first, firstId], [second, secondId]] = [vocab[0]!, vocab[1]!];
  const other = [
    // Of the same size and with the same pieces, as it is missed most easily.
    makeModel({ vocab: { ...Object.fromEntries(vocab), [first]: secondId, [second]: firstId } }),
    makeModel({ merges: [...(json.model.merges as string[])].reverse() }),
    make({ normalizer: json.normalizer === null ? { type: 'NFC' } : null }),
    make({ added_tokens: [...addedTokens, { id, content: 'whole', special: false }] }),
  ];
  expect(new Set([fingerprint(), ...other.map((tokenizer) => tokenizer.fingerprint())]).size).toBe(5);
});
