/** A Qwen2 of two layers over the toy tokenizer. */
import { parseQwen2Config, type Qwen2Config } from '@marco-ts/model';
import type { Tokenizer } from '@marco-ts/tokenizer';

export function toyModelConfig(tokenizer: Tokenizer): Qwen2Config {
  return parseQwen2Config({
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 64,
    vocab_size: tokenizer.vocabSize,
    max_position_embeddings: 512,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    tie_word_embeddings: true,
    initializer_range: 0.1,
    hidden_act: 'silu',
    bos_token_id: tokenizer.eosTokenId,
    eos_token_id: tokenizer.eosTokenId,
  });
}
