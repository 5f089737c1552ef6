/** Byte-level BPE equal to Hugging Face tokenizers, training, chat templates. */
export { type BatchEncoder, type BatchEncoderOptions, createBatchEncoder } from './batch/batch-encoder.ts';
export { appendIds, type IdList } from './bpe/id-list.ts';
export { type FitConversationOptions, type FittedConversation, fitConversation } from './chat/fit-conversation.ts';
export { createTokenizer, type TokenizerSource } from './create-tokenizer.ts';
export { type Fertility, fertility } from './fertility.ts';
export { loadTokenizer } from './files/load-tokenizer.ts';
export { QWEN2_CHAT_TEMPLATE, QWEN2_PATTERN, QWEN2_SPECIAL_TOKENS } from './qwen2.ts';
export { createStreamingDecoder, type StreamingDecoder } from './streaming-decoder.ts';
export type {
  ChatMessage,
  ChatOptions,
  DecodeOptions,
  EncodedChat,
  EncodedWithOffsets,
  EncodeOptions,
  TemplateMessage,
  Tokenizer,
} from './tokenizer.ts';
export {
  type ExtendedTokenizer,
  type ExtendTokenizerOptions,
  extendTokenizer,
  type NewToken,
} from './train/extend-tokenizer.ts';
export { type TrainTokenizerOptions, trainTokenizer } from './train/train-tokenizer.ts';
