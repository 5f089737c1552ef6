/**
 * Reads a byte-level BPE tokenizer.json into what encoding needs, and refuses by name what it does not support.
 *
 * Source: the serialization format of Hugging Face tokenizers, version "1.0". `truncation` and `padding` are not applied, as in
 * transformers, which sets them per call.
 */

import { BYTE_TO_CHAR } from '../bpe/byte-alphabet.ts';
import { createMergeTable } from '../bpe/merge-table.ts';
import type { BpeModel } from '../bpe/piece-encoder.ts';
import { GPT2_PATTERN, type PieceScanner, scannerFor } from '../pretokenize/piece-scanner.ts';
import { createSplitStep, prefixSpaceStep, type SplitBehavior, type SplitStep } from '../pretokenize/split-steps.ts';
import { translatePattern } from '../pretokenize/translate-pattern.ts';
import { type AddedToken, escapeForRegExp } from '../text/added-tokens.ts';
import { describeValue, tokenizerError } from '../tokenizer-error.ts';

export type JsonObject = { readonly [key: string]: unknown };

/** How a segment between added tokens is cut into pieces: by a scanner where one exists, else by steps. */
export interface Pretokenizer {
  /** The segment gets a space in front unless it has one. */
  readonly addPrefixSpace: boolean;
  readonly scanner: PieceScanner | null;
  readonly steps: readonly SplitStep[];
}

export interface TokenizerSpec {
  readonly model: BpeModel;
  /** Flat triples (left, right, merged) by rank. */
  readonly merges: Int32Array;
  readonly normalizesNfc: boolean;
  readonly pretokenizer: Pretokenizer;
  readonly addedTokens: readonly AddedToken[];
  /** Ids that the post-processor puts around a text. */
  readonly idsBefore: readonly number[];
  readonly idsAfter: readonly number[];
}

function refuse(what: string): never {
  throw tokenizerError(
    'createTokenizer',
    'tokenizer.json must describe a byte-level BPE',
    what,
    'This package reads the Qwen2, Llama 3 and GPT-2 families.',
  );
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** @throws Error naming the part that is missing, malformed or not supported */
export function parseTokenizerJson(json: JsonObject): TokenizerSpec {
  if (!isObject(json.model)) refuse('no model');
  const { model, merges } = parseModel(json.model);
  if (json.decoder === null || json.decoder === undefined) refuse('no decoder');
  for (const step of sequence(json.decoder, 'decoders')) {
    if (step.type !== 'ByteLevel') refuse(`decoder ${String(step.type)}`);
  }
  const normalizers = sequence(json.normalizer, 'normalizers').map((step) => step.type);
  for (const type of normalizers) if (type !== 'NFC') refuse(`normalizer ${String(type)}`);
  const addedTokens = parseAddedTokens(json.added_tokens, model.vocab);
  const tokenId = (token: string) => addedTokens.find((added) => added.content === token)?.id ?? model.vocab.get(token);
  return {
    model,
    merges,
    normalizesNfc: normalizers.length > 0,
    pretokenizer: parsePretokenizer(json.pre_tokenizer),
    addedTokens,
    ...parsePostProcessor(json.post_processor, tokenId),
  };
}

function sequence(value: unknown, field: string): JsonObject[] {
  if (value === null || value === undefined) return [];
  if (!isObject(value)) refuse(`${field} of ${describeValue(value)}`);
  return value.type === 'Sequence'
    ? objects(value[field] ?? value.processors).flatMap((step) => sequence(step, field))
    : [value];
}

function parseModel(model: JsonObject): { model: BpeModel; merges: Int32Array } {
  if (model.type !== undefined && model.type !== 'BPE') refuse(`model ${String(model.type)}`);
  for (const option of ['continuing_subword_prefix', 'end_of_word_suffix', 'dropout', 'byte_fallback']) {
    if (model[option]) refuse(`model option ${option} = ${JSON.stringify(model[option])}`);
  }
  if (!isObject(model.vocab)) refuse(`model.vocab ${describeValue(model.vocab)}`);
  if (!Array.isArray(model.merges)) refuse(`model.merges ${describeValue(model.merges)}`);
  const vocab = new Map<string, number>();
  let maxTokenBytes = 0;
  for (const [token, id] of Object.entries(model.vocab)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= 2 ** 30) {
      refuse(`id ${describeValue(id)} of token ${JSON.stringify(token)}`);
    }
    vocab.set(token, id);
    if (token.length > maxTokenBytes) maxTokenBytes = token.length;
  }
  const merges = new Int32Array(model.merges.length * 3);
  for (const [rank, merge] of model.merges.entries()) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right] = Array.isArray(pair) && pair.length === 2 ? (pair as unknown[]) : [];
    if (typeof left !== 'string' || typeof right !== 'string') refuse(`merge ${rank}: ${describeValue(merge)}`);
    for (const [place, token] of [left, right, left + right].entries()) {
      const id = vocab.get(token);
      if (id === undefined) refuse(`merge ${rank} with ${JSON.stringify(token)}, which is not in the vocabulary`);
      merges[rank * 3 + place] = id;
    }
  }
  const unknown = model.unk_token;
  const unknownId = typeof unknown === 'string' ? (vocab.get(unknown) ?? -1) : -1;
  const byteIds = Int32Array.from(BYTE_TO_CHAR, (char) => vocab.get(char) ?? -1);
  if (model.fuse_unk && unknownId >= 0 && byteIds.includes(-1))
    refuse('model option fuse_unk with an incomplete byte alphabet');
  return {
    merges,
    model: {
      vocab,
      merges: createMergeTable(merges),
      byteIds,
      unknownId,
      ignoreMerges: model.ignore_merges === true,
      maxTokenBytes,
    },
  };
}

function parseAddedTokens(value: unknown, vocab: ReadonlyMap<string, number>): AddedToken[] {
  return objects(value).map((token) => {
    const { id, content } = token;
    if (typeof content !== 'string' || content === '') refuse(`added token without content: ${JSON.stringify(token)}`);
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= 2 ** 30) {
      refuse(`id ${describeValue(id)} of added token ${JSON.stringify(content)}`);
    }
    const inVocab = vocab.get(content);
    if (inVocab !== undefined && inVocab !== id) {
      refuse(`added token ${JSON.stringify(content)} with id ${id} and vocabulary id ${inVocab}`);
    }
    return {
      id,
      content,
      singleWord: token.single_word === true,
      lstrip: token.lstrip === true,
      rstrip: token.rstrip === true,
      normalized: token.normalized === true,
      special: token.special === true,
    };
  });
}

const BEHAVIORS = new Set(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);

function parsePretokenizer(value: unknown): Pretokenizer {
  const parts = sequence(value, 'pretokenizers');
  const byteLevel = parts.at(-1);
  if (byteLevel?.type !== 'ByteLevel')
    refuse(`pre_tokenizer ${parts.map((part) => part.type).join(' + ') || 'null'} without a final ByteLevel`);
  const usesRegex = byteLevel.use_regex !== false;
  const prefixes = byteLevel.add_prefix_space === true;
  const splits = parts.slice(0, -1);
  if (splits.length === 0 && usesRegex) {
    return { addPrefixSpace: prefixes, scanner: scannerFor(GPT2_PATTERN), steps: [] };
  }
  const [only] = splits;
  if (
    splits.length === 1 &&
    only!.type === 'Split' &&
    !usesRegex &&
    !prefixes &&
    only!.behavior === 'Isolated' &&
    !only!.invert
  ) {
    const scanner =
      isObject(only!.pattern) && typeof only!.pattern.Regex === 'string' ? scannerFor(only!.pattern.Regex) : null;
    if (scanner) return { addPrefixSpace: false, scanner, steps: [] };
  }
  const steps = splits.map(parseSplit);
  if (prefixes) steps.push(prefixSpaceStep);
  if (usesRegex) steps.push(createSplitStep(translatePattern(GPT2_PATTERN), 'Isolated', false));
  return { addPrefixSpace: false, scanner: null, steps };
}

function parseSplit(step: JsonObject): SplitStep {
  if (step.type === 'Digits') {
    return createSplitStep(
      translatePattern('\\p{N}'),
      step.individual_digits === true ? 'Isolated' : 'Contiguous',
      false,
    );
  }
  if (step.type !== 'Split') refuse(`pre_tokenizer ${String(step.type)}`);
  const pattern = isObject(step.pattern) ? step.pattern : {};
  const behavior = String(step.behavior);
  if (!BEHAVIORS.has(behavior)) refuse(`Split behavior ${behavior}`);
  if (typeof pattern.Regex !== 'string' && typeof pattern.String !== 'string')
    refuse('Split without a Regex or String pattern');
  const expression =
    typeof pattern.Regex === 'string'
      ? translatePattern(pattern.Regex)
      : new RegExp(escapeForRegExp(String(pattern.String)), 'gu');
  return createSplitStep(expression, behavior as SplitBehavior, step.invert === true);
}

function parsePostProcessor(
  value: unknown,
  tokenId: (token: string) => number | undefined,
): { idsBefore: number[]; idsAfter: number[] } {
  const idsBefore: number[] = [];
  const idsAfter: number[] = [];
  for (const step of sequence(value, 'processors')) {
    if (step.type === 'ByteLevel') continue;
    if (step.type === 'RobertaProcessing' || step.type === 'BertProcessing') {
      for (const [field, list] of [
        ['cls', idsBefore],
        ['sep', idsAfter],
      ] as const) {
        const pair = step[field];
        if (!Array.isArray(pair) || typeof pair[1] !== 'number') refuse(`${step.type} without ${field}`);
        list.push(pair[1]);
      }
      continue;
    }
    if (step.type !== 'TemplateProcessing') refuse(`post_processor ${String(step.type)}`);
    let list = idsBefore;
    for (const item of objects(step.single)) {
      if (isObject(item.Sequence)) {
        list = idsAfter;
        continue;
      }
      const name = isObject(item.SpecialToken) ? String(item.SpecialToken.id) : '';
      const entry = isObject(step.special_tokens) ? step.special_tokens[name] : undefined;
      const ids = isObject(entry) && Array.isArray(entry.ids) ? (entry.ids as number[]) : [tokenId(name)];
      for (const id of ids) {
        if (typeof id !== 'number') refuse(`post_processor token ${JSON.stringify(name)} without an id`);
        list.push(id);
      }
    }
  }
  return { idsBefore, idsAfter };
}
