/**
 * The tokenizer of a Hugging Face model directory as GGUF metadata: words, their types, merges, special tokens, chat template.
 *
 * Source: convert_hf_to_gguf.py of https://github.com/ggml-org/llama.cpp (`get_vocab_base`, `_set_vocab_gpt2`) and `SpecialVocab` of the Python
 * package gguf, for byte-level BPE. Rows of the embedding past the tokenizer become `[PAD<id>]` of type UNUSED.
 */
import type { JsonObject, JsonValue } from '../json-value.ts';
import type { GgufValue } from './gguf-format.ts';

export interface TokenizerFiles {
  /** The directory, for errors. */
  readonly directory: string;
  readonly tokenizerJson: JsonObject;
  readonly tokenizerConfig: JsonObject;
  readonly modelConfig: JsonObject;
  /** The contents of chat_template.jinja, where there is one. */
  readonly chatTemplate?: string | undefined;
  /** Rows of the embedding. */
  readonly vocabSize: number;
  /** llama.cpp's name of the way text is split, for a pattern other than Qwen2's. */
  readonly tokenizerPre?: string | undefined;
}

const TOKEN_TYPES = { NORMAL: 1, CONTROL: 3, USER_DEFINED: 4, UNUSED: 5 } as const;

/** The pattern by which Qwen2's tokenizer.json splits text. */
const QWEN2_SPLIT =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/**
 * @returns the `tokenizer.` keys in llama.cpp's order
 * @throws naming the file for a tokenizer that is no byte-level BPE, splits text in a way that llama.cpp would not, or does not fit `vocabSize`
 */
export function tokenizerMetadata(files: TokenizerFiles): Map<string, GgufValue> {
  const { tokenizerJson, tokenizerConfig, modelConfig } = files;
  const model = asObject(tokenizerJson.model);
  if (model.type !== 'BPE' || model.byte_fallback === true || !isByteLevel(tokenizerJson.pre_tokenizer)) {
    throw fault(
      files,
      'the tokenizer must be a byte-level BPE',
      JSON.stringify(model.type) ?? 'none',
      'tokenizer.json',
    );
  }
  const { tokens, types } = listTokens(files, model);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const metadata = new Map<string, GgufValue>();
  const text = (value: string): GgufValue => ({ type: 'STRING', value });
  metadata.set('tokenizer.ggml.model', text('gpt2'));
  metadata.set('tokenizer.ggml.pre', text(files.tokenizerPre ?? recogniseSplit(files)));
  metadata.set('tokenizer.ggml.tokens', { type: 'ARRAY', itemType: 'STRING', value: tokens });
  metadata.set('tokenizer.ggml.token_type', { type: 'ARRAY', itemType: 'INT32', value: types });
  metadata.set('tokenizer.ggml.merges', { type: 'ARRAY', itemType: 'STRING', value: listMerges(files, model, ids) });
  const special = (kind: 'bos' | 'eos' | 'pad' | 'unk') => {
    const named = tokenizerConfig[`${kind}_token`];
    const content = typeof named === 'string' ? named : asObject(named).content;
    const configured = modelConfig[`${kind}_token_id`];
    const id = typeof content === 'string' ? ids.get(content) : Array.isArray(configured) ? configured[0] : configured;
    if (typeof content === 'string' && id === undefined) {
      throw fault(
        files,
        `${kind}_token must be a word of the tokenizer`,
        JSON.stringify(content),
        'tokenizer_config.json',
      );
    }
    if (id === undefined || id === null) return undefined;
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= tokens.length) {
      throw fault(files, `${kind}_token_id must be below ${tokens.length}`, JSON.stringify(id), 'config.json');
    }
    return id as number;
  };
  for (const [kind, key] of [
    ['bos', 'bos'],
    ['eos', 'eos'],
    ['unk', 'unknown'],
    ['pad', 'padding'],
  ] as const) {
    const id = special(kind);
    if (id !== undefined) metadata.set(`tokenizer.ggml.${key}_token_id`, { type: 'UINT32', value: id });
    else if (kind === 'eos') throw fault(files, 'an end token must be known', 'none', 'tokenizer_config.json');
  }
  for (const kind of ['bos', 'eos'] as const) {
    metadata.set(`tokenizer.ggml.add_${kind}_token`, {
      type: 'BOOL',
      value: tokenizerConfig[`add_${kind}_token`] === true,
    });
  }
  const template = chatTemplateOf(tokenizerConfig.chat_template) ?? files.chatTemplate;
  if (template !== undefined) metadata.set('tokenizer.chat_template', text(template));
  return metadata;
}

function listTokens(files: TokenizerFiles, model: JsonObject): { tokens: string[]; types: number[] } {
  const { vocabSize } = files;
  const tokens = new Array<string | undefined>(vocabSize).fill(undefined);
  const types = new Array<number>(vocabSize).fill(TOKEN_TYPES.UNUSED);
  const place = (token: string, id: unknown, type: number) => {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize) {
      throw fault(
        files,
        `ids must be below vocab_size ${vocabSize} of config.json`,
        `${JSON.stringify(id)} for ${JSON.stringify(token)}`,
        'tokenizer.json',
      );
    }
    const other = tokens[id as number];
    if (other !== undefined && other !== token) {
      throw fault(
        files,
        'every id must have one word',
        `${JSON.stringify(other)} and ${JSON.stringify(token)} for ${id}`,
        'tokenizer.json',
      );
    }
    tokens[id as number] = token;
    types[id as number] = type;
  };
  for (const [token, id] of Object.entries(asObject(model.vocab))) place(token, id, TOKEN_TYPES.NORMAL);
  for (const entry of Array.isArray(files.tokenizerJson.added_tokens) ? files.tokenizerJson.added_tokens : []) {
    const { content, id, special } = asObject(entry);
    if (typeof content !== 'string' || content === '')
      throw fault(files, 'added tokens must have a content', JSON.stringify(entry), 'tokenizer.json');
    const isControl = special === true || /^<\|.*\|>$/.test(content);
    place(content, id, isControl ? TOKEN_TYPES.CONTROL : TOKEN_TYPES.USER_DEFINED);
  }
  return { tokens: tokens.map((token, id) => token ?? `[PAD${id}]`), types };
}

function listMerges(files: TokenizerFiles, model: JsonObject, ids: ReadonlyMap<string, number>): string[] {
  if (!Array.isArray(model.merges))
    throw fault(files, 'merges must be a list', JSON.stringify(model.merges) ?? 'none', 'tokenizer.json');
  return model.merges.map((merge, rank) => {
    const parts = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    const isMerge = parts.length === 2 && ids.has(String(left)) && ids.has(String(right)) && ids.has(`${left}${right}`);
    if (!isMerge) {
      throw fault(
        files,
        'a merge must join two words to a third',
        `${JSON.stringify(merge)} (number ${rank})`,
        'tokenizer.json',
      );
    }
    return `${left} ${right}`;
  });
}

function isByteLevel(preTokenizer: JsonValue | undefined): boolean {
  return steps(preTokenizer).some(({ type, add_prefix_space: prefix }) => type === 'ByteLevel' && prefix !== true);
}

function steps(preTokenizer: JsonValue | undefined): JsonObject[] {
  const { type, pretokenizers } = asObject(preTokenizer);
  return type === 'Sequence' && Array.isArray(pretokenizers) ? pretokenizers.map(asObject) : [asObject(preTokenizer)];
}

function recogniseSplit(files: TokenizerFiles): string {
  const patterns = steps(files.tokenizerJson.pre_tokenizer)
    .filter(({ type }) => type === 'Split')
    .map(({ pattern }) => asObject(pattern).Regex);
  if (patterns.length === 1 && patterns[0] === QWEN2_SPLIT) return 'qwen2';
  throw fault(
    files,
    'the pattern must be the one of Qwen2',
    JSON.stringify(patterns),
    'tokenizer.json',
    "Pass tokenizerPre with llama.cpp's name for this pattern.",
  );
}

function chatTemplateOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const template = value.map(asObject).find(({ name }) => name === 'default')?.template;
  return typeof template === 'string' ? template : undefined;
}

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function fault(
  files: TokenizerFiles,
  rule: string,
  got: string,
  file: string,
  nextStep = 'Export the tokenizer that the model was trained with.',
): Error {
  return new Error(
    `[@marco-ts/checkpoint] exportGguf: ${rule}, got ${got.slice(0, 200)} at ${file} of ${files.directory}. ${nextStep}`,
  );
}
