/**
 * What a SentencePiece `.model` file holds, as far as encoding needs it.
 *
 * Source: sentencepiece_model.proto (Kudo and Richardson 2018, arXiv:1808.06226); Protocol Buffers' wire format.
 */
import { inputError } from '../input-error.ts';

export type PieceKind = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte';

export interface SentencePiece {
  readonly piece: string;
  /** log-probability, or of BPE the negative rank of its merge */
  readonly score: number;
  readonly kind: PieceKind;
}

export interface SentencePieceModel {
  readonly pieces: readonly SentencePiece[];
  readonly type: 'unigram' | 'bpe';
  readonly byteFallback: boolean;
  /** replacements compiled into a trie; empty for none */
  readonly charsMap: Uint8Array;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
}

const KINDS: Readonly<Record<number, PieceKind>> = {
  1: 'normal',
  2: 'unknown',
  3: 'control',
  4: 'user-defined',
  5: 'unused',
  6: 'byte',
};
const TYPES: Readonly<Record<number, string>> = { 1: 'unigram', 2: 'bpe', 3: 'word', 4: 'char' };

/**
 * @param bytes the whole file
 * @throws Error when it is no SentencePiece model, or one of words or characters
 */
export function parseSentencePieceModel(bytes: Uint8Array): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  let trainer = new Map<number, Field>();
  let normalizer = new Map<number, Field>();
  try {
    for (const { number, value } of fieldsOf(bytes)) {
      if (typeof value === 'number') continue;
      if (number === 1) pieces.push(pieceOf(value));
      else if (number === 2) trainer = lastFields(value);
      else if (number === 3) normalizer = lastFields(value);
    }
  } catch (error) {
    throw inputError(
      'parseSentencePieceModel',
      `a file must be a whole SentencePiece model, got ${(error as Error).message}.`,
    );
  }
  if (pieces.length === 0)
    throw inputError('parseSentencePieceModel', 'a model must have pieces, got none. Is it a .model file?');
  const type = TYPES[numberOf(trainer.get(3)) ?? 1];
  if (type !== 'unigram' && type !== 'bpe') {
    throw inputError('parseSentencePieceModel', `a model must be unigram or bpe, got ${type ?? 'an unknown kind'}.`);
  }
  if (numberOf(trainer.get(24)) === 1) {
    throw inputError(
      'parseSentencePieceModel',
      'white space must stand before words, got a model that has it after them.',
    );
  }
  const charsMap = normalizer.get(2);
  return {
    pieces,
    type,
    byteFallback: numberOf(trainer.get(35)) === 1,
    charsMap: charsMap instanceof Uint8Array ? charsMap : new Uint8Array(0),
    addDummyPrefix: numberOf(normalizer.get(3)) !== 0,
    removeExtraWhitespaces: numberOf(normalizer.get(4)) !== 0,
    escapeWhitespaces: numberOf(normalizer.get(5)) !== 0,
  };
}

type Field = number | Uint8Array;

function pieceOf(bytes: Uint8Array): SentencePiece {
  const fields = lastFields(bytes);
  const [piece, score] = [fields.get(1), fields.get(2)];
  return {
    piece: piece instanceof Uint8Array ? new TextDecoder().decode(piece) : '',
    score: score instanceof Uint8Array ? new DataView(score.buffer, score.byteOffset, 4).getFloat32(0, true) : 0,
    kind: KINDS[numberOf(fields.get(3)) ?? 1] ?? 'normal',
  };
}

function numberOf(field: Field | undefined): number | undefined {
  return typeof field === 'number' ? field : undefined;
}

function lastFields(bytes: Uint8Array): Map<number, Field> {
  return new Map([...fieldsOf(bytes)].map(({ number, value }) => [number, value]));
}

/** Numbers are small here; what is longer than 32 bits comes out as its lower part. */
function* fieldsOf(bytes: Uint8Array): Generator<{ readonly number: number; readonly value: Field }> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63) throw new Error(`a number cut off at byte ${at}`);
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error(`a field of ${length} bytes cut off at byte ${at}`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) yield { number: tag >>> 3, value: varint() };
    else if (wire === 1) yield { number: tag >>> 3, value: take(8) };
    else if (wire === 2) yield { number: tag >>> 3, value: take(varint()) };
    else if (wire === 5) yield { number: tag >>> 3, value: take(4) };
    else throw new Error(`a field of unknown form ${wire} at byte ${at}`);
  }
}
