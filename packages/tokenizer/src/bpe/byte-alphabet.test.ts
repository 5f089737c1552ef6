import { expect, test } from 'vitest';
import { BYTE_TO_CHAR, tokenToBytes } from './byte-alphabet.ts';

test('256 distinct printable stand-ins', () => {
  expect(new Set(BYTE_TO_CHAR).size).toBe(256);
  expect(BYTE_TO_CHAR[0x20]).toBe('Ġ');
  expect(BYTE_TO_CHAR[0x0a]).toBe('Ċ');
  expect(BYTE_TO_CHAR[0x41]).toBe('A');
  expect(BYTE_TO_CHAR[0xad]).toBe('Ń');
});

test('a token gives back the bytes of its text', () => {
  const text = ' é\n中🙂\u0000';
  const token = Array.from(new TextEncoder().encode(text), (byte) => BYTE_TO_CHAR[byte]).join('');
  expect(new TextDecoder().decode(tokenToBytes(token))).toBe(text);
});

test('a token outside the alphabet stands for its own UTF-8', () => {
  expect(new TextDecoder().decode(tokenToBytes('<｜x▁>'))).toBe('<｜x▁>');
});
