/**
 * Builds a Tokenizer from the contents of a Hugging Face tokenizer directory.
 */

import { collectTokenBytes } from './bpe/token-bytes.ts';
import { createChatRenderer, expectMessages } from './chat/chat-template.ts';
import { encodeChat } from './chat/encode-chat.ts';
import { buildTokenizerJson } from './files/build-tokenizer-json.ts';
import { tokenizerFiles } from './files/tokenizer-files.ts';
import { tokenizerFingerprint } from './files/tokenizer-fingerprint.ts';
import { type JsonObject, parseTokenizerJson } from './files/tokenizer-json.ts';
import { createTextEncoder } from './text/encode-text.ts';
import { normalizeNfc } from './text/normalize-nfc.ts';
import type { Tokenizer } from './tokenizer.ts';
import { describeValue, expectString, tokenizerError } from './tokenizer-error.ts';

/** Texts of the files or what JSON.parse makes of them: tokenizer.json, or the older pair vocab.json and merges.txt. */
export type TokenizerSource = { readonly tokenizerConfig?: string | JsonObject } & (
  | { readonly tokenizerJson: string | JsonObject }
  | { readonly vocabJson: string | JsonObject; readonly mergesText: string }
);

/**
 * @param source file contents; `tokenizerConfig` names the end-of-text and padding tokens and holds the chat template
 * @throws Error naming the part that is missing, malformed or not supported
 */
export function createTokenizer(source: TokenizerSource): Tokenizer {
  const config = source.tokenizerConfig === undefined ? {} : toObject('tokenizerConfig', source.tokenizerConfig);
  const json =
    'tokenizerJson' in source
      ? toObject('tokenizerJson', source.tokenizerJson)
      : buildTokenizerJson(toObject('vocabJson', source.vocabJson), source.mergesText, config);
  const spec = parseTokenizerJson(json);

  const idToToken: (string | undefined)[] = [];
  for (const [token, id] of spec.model.vocab) idToToken[id] = token;
  for (const { id, content } of spec.addedTokens) idToToken[id] = content;
  const vocabSize = idToToken.length;
  for (let id = 0; id < vocabSize; id++) idToToken[id] ??= undefined;
  const tokenToId = new Map(spec.model.vocab);
  for (const { id, content } of spec.addedTokens) tokenToId.set(content, id);
  const special = spec.addedTokens.filter((token) => token.special).sort((a, b) => a.id - b.id);
  const specialTokens: ReadonlyMap<string, number> = new Map(special.map(({ content, id }) => [content, id]));
  const specialIds = new Set(specialTokens.values());
  const specialTexts = [...specialTokens.keys()];

  // as in the reference, an added token is read through the byte alphabet too, in its normalized form
  const byteTexts = [...idToToken];
  for (const { id, content, normalized } of spec.addedTokens) {
    if (normalized && spec.normalizesNfc) byteTexts[id] = normalizeNfc(content);
  }
  const tokenBytes = collectTokenBytes(byteTexts);
  const { append, encode: encodeText } = createTextEncoder(spec, tokenBytes);
  const renderer = createChatRenderer(findChatTemplate(config), namedTokens(config));
  const eosTokenId = requireToken('eos_token');
  const padTokenId = config.pad_token ? requireToken('pad_token') : eosTokenId;

  function requireToken(name: string): number {
    const text = tokenText(config[name]);
    const id = text === undefined ? undefined : tokenToId.get(text);
    if (id !== undefined) return id;
    throw tokenizerError(
      'createTokenizer',
      `tokenizerConfig.${name} must name a token of the vocabulary`,
      describeValue(text),
      `Pass tokenizerConfig with { ${name}: '...' }.`,
    );
  }

  let fingerprint: string | undefined;
  const surround = (ids: Int32Array): Int32Array =>
    spec.idsBefore.length + spec.idsAfter.length === 0
      ? ids
      : Int32Array.from([...spec.idsBefore, ...ids, ...spec.idsAfter]);

  return {
    vocabSize,
    eosTokenId,
    padTokenId,
    specialTokens,
    encode(text, { addSpecialTokens = true } = {}) {
      expectString('encode', 'text', text);
      const { ids } = encodeText(text, { allowSpecial: true });
      return addSpecialTokens ? surround(ids) : ids;
    },
    encodeOrdinary(text) {
      expectString('encodeOrdinary', 'text', text);
      return encodeText(text, { allowSpecial: false }).ids;
    },
    appendOrdinary(text, list) {
      expectString('appendOrdinary', 'text', text);
      append(text, { allowSpecial: false }, list);
    },
    encodeWithOffsets(text, { addSpecialTokens = true } = {}) {
      expectString('encodeWithOffsets', 'text', text);
      const { ids, offsets } = encodeText(text, { allowSpecial: true, withOffsets: true });
      if (!addSpecialTokens) return { ids, offsets: offsets! };
      const all = new Int32Array((ids.length + spec.idsBefore.length + spec.idsAfter.length) * 2);
      all.set(offsets!, spec.idsBefore.length * 2);
      return { ids: surround(ids), offsets: all };
    },
    decode(ids, { skipSpecialTokens = false } = {}) {
      const { bytes, offsets } = tokenBytes;
      let length = 0;
      for (let i = 0; i < ids.length; i++) {
        const id = expectId('decode', ids[i], i);
        if (id < vocabSize) length += offsets[id + 1]! - offsets[id]!;
      }
      const out = new Uint8Array(length);
      let end = 0;
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!;
        if (id >= vocabSize || (skipSpecialTokens && specialIds.has(id))) continue;
        for (let at = offsets[id]!; at < offsets[id + 1]!; at++) out[end++] = bytes[at]!;
      }
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(out.subarray(0, end));
    },
    tokenToId: (token) => tokenToId.get(token),
    idToToken: (id) => idToToken[id],
    tokenBytes(id) {
      expectId('tokenBytes', id, 0);
      return id < vocabSize
        ? tokenBytes.bytes.slice(tokenBytes.offsets[id], tokenBytes.offsets[id + 1])
        : new Uint8Array();
    },
    renderChat(messages, options = {}) {
      expectMessages('renderChat', messages);
      return renderer.render(messages, options);
    },
    encodeChat: (messages, options = {}) => encodeChat(renderer, encodeText, specialTexts, messages, options),
    fingerprint: () => {
      fingerprint ??= tokenizerFingerprint(json, spec);
      return fingerprint;
    },
    files: () => tokenizerFiles(json, config, spec, idToToken),
  };
}

function expectId(functionName: string, id: unknown, index: number): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0) return id;
  throw tokenizerError(
    functionName,
    'ids must be whole numbers from 0',
    `${describeValue(id)} at ids[${index}]`,
    'Check where the ids come from.',
  );
}

function toObject(name: string, value: unknown): JsonObject {
  let parsed: unknown = value;
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value);
    } catch (error) {
      throw tokenizerError(
        'createTokenizer',
        `${name} must be JSON`,
        (error as Error).message,
        'Is the file complete?',
      );
    }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw tokenizerError(
      'createTokenizer',
      `${name} must be a JSON object`,
      describeValue(parsed),
      `Pass the contents of the file.`,
    );
  }
  return parsed as JsonObject;
}

/** Text of a token in tokenizer_config.json, where it is a string or an object with `content`. */
export function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string')
    return value.content;
  return undefined;
}

function namedTokens(config: JsonObject): Record<string, string> {
  const named: Record<string, string> = {};
  for (const name of ['bos_token', 'eos_token', 'pad_token', 'unk_token']) {
    const text = tokenText(config[name]);
    if (text !== undefined) named[name] = text;
  }
  return named;
}

function findChatTemplate(config: JsonObject): string | undefined {
  const template = config.chat_template;
  if (typeof template === 'string') return template;
  if (!Array.isArray(template)) return undefined;
  const named = template as { name?: unknown; template?: unknown }[];
  const chosen = named.find((entry) => entry.name === 'default') ?? named[0];
  return typeof chosen?.template === 'string' ? chosen.template : undefined;
}
