import { describe, expect, test } from 'vitest';
import { renderModelfile } from './render-modelfile.ts';

test('a conversation as Qwen2 writes it', () => {
  expect(
    renderModelfile({
      gguf: 'model.gguf',
      system: 'You are a helpful assistant.',
      parameters: { temperature: 0.7, num_ctx: 4096, penalize_newline: false },
    }),
  ).toBe(`FROM ./model.gguf
TEMPLATE """{{- if .Messages }}{{ range .Messages }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}{{ else }}{{ if .System }}<|im_start|>system
{{ .System }}<|im_end|>
{{ end }}<|im_start|>user
{{ .Prompt }}<|im_end|>
{{ end }}<|im_start|>assistant
"""
SYSTEM """You are a helpful assistant."""
PARAMETER stop "<|im_start|>"
PARAMETER stop "<|im_end|>"
PARAMETER stop "<|endoftext|>"
PARAMETER temperature 0.7
PARAMETER num_ctx 4096
PARAMETER penalize_newline false
`);
});

test('a base model goes on from the prompt; paths stay as they are', () => {
  expect(renderModelfile({ gguf: '/models/a b.gguf', template: 'none', parameters: { stop: ['\\n'] } })).toBe(
    'FROM /models/a b.gguf\nTEMPLATE """{{ .Prompt }}"""\nPARAMETER stop "\\n"\n',
  );
  expect(renderModelfile({ gguf: '../x.gguf' })).toMatch(/^FROM \.\.\/x.gguf\n/);
});

describe('refused', () => {
  test.each<[object, RegExp]>([
    [{ gguf: '' }, /gguf must be a path/],
    [{ gguf: 'a\nFROM b' }, /in one line, got "a\\nFROM b"/],
    [{ gguf: 'a', template: 'llama' }, /chatml or none, got llama/],
    [{ gguf: 'a', system: 'x"""\nFROM b' }, /system must not hold """/],
    [{ gguf: 'a', system: 'say "x"' }, /end in a quote/],
    [{ gguf: 'a', parameters: { 'a b': 1 } }, /plain name, got "a b"/],
    [{ gguf: 'a', parameters: { seed: Number.NaN } }, /finite number/],
    [{ gguf: 'a', parameters: { stop: ['x\ny'] } }, /without quotes, got "x\\ny" for stop/],
  ])('%o', (options, message) => {
    expect(() => renderModelfile(options as { gguf: string })).toThrow(message);
  });
});
