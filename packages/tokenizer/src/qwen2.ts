/**
 * What the Qwen2 family shares: split pattern, control tokens and ChatML template.
 *
 * Source: tokenizer.json and tokenizer_config.json of Qwen/Qwen2-7B-Instruct.
 */
export { QWEN2_PATTERN } from './pretokenize/piece-scanner.ts';

/** In the order of their ids, which follow the regular vocabulary. */
export const QWEN2_SPECIAL_TOKENS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] as const;

/** Each turn is `<|im_start|>role\ncontent<|im_end|>\n`; a system turn is put first when there is none. */
export const QWEN2_CHAT_TEMPLATE =
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
