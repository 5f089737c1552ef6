/**
 * The types that other packages see.
 *
 * Units: offsets count UTF-16 code units of the text that was passed in; ids are row numbers of the embedding.
 */
import type { IdList } from './bpe/id-list.ts';

/** One turn of a conversation. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What a chat template can be given: a ChatMessage, or a message with any other role and fields the template knows (`tool_calls`). */
export interface TemplateMessage {
  readonly role: string;
  readonly content: string;
}

/** How the chat template is rendered. */
export interface ChatOptions {
  /** Ends the text with the opening of an assistant turn. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** Function descriptions for templates that list tools. */
  readonly tools?: readonly unknown[];
  /** Further template variables, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** What `encode` adds to the ids of the text itself. */
export interface EncodeOptions {
  /** Adds what the post-processor adds (Llama 3's begin-of-text; nothing for Qwen2). Default true, as in Hugging Face. */
  readonly addSpecialTokens?: boolean;
}

/** Which tokens `decode` writes. */
export interface DecodeOptions {
  /** Leaves special tokens out of the text. Default false. */
  readonly skipSpecialTokens?: boolean;
}

/** A conversation as ids, with the tokens that the assistant wrote marked for a loss. */
export interface EncodedChat {
  readonly ids: Int32Array;
  /** 1 where the token is the assistant's own, 0 elsewhere; as long as `ids`. */
  readonly assistantMask: Uint8Array;
}

/** Ids with the place of each in the text. */
export interface EncodedWithOffsets {
  readonly ids: Int32Array;
  /** `[start, end)` of token i at `2 i` and `2 i + 1`, in UTF-16 units of the input. */
  readonly offsets: Int32Array;
}

/** A loaded tokenizer, immutable; ids and texts equal those of Hugging Face tokenizers. */
export interface Tokenizer {
  /** One more than the largest id: the least number of embedding rows. */
  readonly vocabSize: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
  /** Text of every token that is marked special, with its id. */
  readonly specialTokens: ReadonlyMap<string, number>;
  /** Ids of a text in which special tokens are recognised. */
  encode(text: string, options?: EncodeOptions): Int32Array;
  /** Ids of a text in which special tokens are ordinary characters: for text that is not trusted. Nothing is added at the ends. */
  encodeOrdinary(text: string): Int32Array;
  /** As `encodeOrdinary`, behind the ids that a list holds: many texts without an array for each. */
  appendOrdinary(text: string, list: IdList): void;
  /** As `encode`, with the place of every token. */
  encodeWithOffsets(text: string, options?: EncodeOptions): EncodedWithOffsets;
  /** Text of ids; bytes that are not UTF-8 become U+FFFD and ids without a token give nothing, as in Hugging Face. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Id of a token as the vocabulary writes it (`Ġthe`, `<|im_end|>`); undefined when there is none. */
  tokenToId(token: string): number | undefined;
  /** A token as the vocabulary writes it; undefined when the id has none. */
  idToToken(id: number): string | undefined;
  /** UTF-8 bytes that an id stands for; empty where the id has no token. */
  tokenBytes(id: number): Uint8Array;
  /** The text that the chat template makes of a conversation. Throws when the tokenizer has no template, or the template refuses. */
  renderChat(messages: readonly TemplateMessage[], options?: ChatOptions): string;
  /** Ids of a conversation. Special-token text inside a message is encoded as ordinary text. */
  encodeChat(messages: readonly TemplateMessage[], options?: ChatOptions): EncodedChat;
  /**
   * SHA-256 of all that turns ordinary text into ids: equal fingerprints, equal tokens. Special tokens and the chat template are no part of it.
   *
   * @throws Error outside Node.js
   */
  fingerprint(): string;
  /** Contents of a Hugging Face tokenizer directory by file name. */
  files(): Record<string, string>;
}
