/**
 * Translation pairs from a TMX file, one per translation unit that has both languages; what is held is one unit.
 *
 * Source: TMX 1.4b; npm `saxes`, which expands no entities of a DTD, so that none can grow. Markup codes (`bpt`, `ept`, `ph`, `it`, `ut`) are
 * left out, marked text (`hi`, `sub`) is kept. UTF-8 and UTF-16.
 */
import { SaxesParser } from 'saxes';
import type { ParallelPair } from '../../parallel/align-paragraphs.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import type { FaultReason } from '../read-fault.ts';
import { isSameTag } from './language-tag.ts';
import { type PairContext, pairOf } from './pair-context.ts';

const CODES = new Set(['bpt', 'ept', 'ph', 'it', 'ut']);
/** The format needs seven levels. */
const MAX_DEPTH = 64;

interface Unit {
  readonly number: number;
  readonly byteOffset: number;
  source?: string;
  target?: string;
  fault?: { readonly reason: FaultReason; readonly detail: string };
}

/** Bytes up to a place in a text that arrives in pieces, counted once. */
function createByteCounter() {
  let piece = '';
  let pieceStart = 0;
  let countedUpTo = 0;
  let bytes = 0;
  let isUtf16 = false;
  const sizeOf = (text: string): number => (isUtf16 ? 2 * text.length : Buffer.byteLength(text));
  return {
    begin(text: string, isWide: boolean): void {
      bytes += sizeOf(piece.slice(countedUpTo));
      pieceStart += piece.length;
      piece = text;
      countedUpTo = 0;
      isUtf16 = isWide;
    },
    offsetOf(position: number): number {
      const at = Math.max(countedUpTo, position - pieceStart);
      bytes += sizeOf(piece.slice(countedUpTo, at));
      countedUpTo = at;
      return bytes;
    },
  };
}

/** Parses pieces of text into units. */
function createUnitParser(context: PairContext, done: (unit: Unit) => void) {
  const { maxTextBytes, sourceTag, targetTag } = context;
  const counter = createByteCounter();
  const parser = new SaxesParser();
  let unit: Unit | undefined;
  let numUnits = 0;
  let depth = 0;
  let side: 'source' | 'target' | undefined;
  let segment: string | undefined;
  let codeDepth = 0;
  let lastEvent = 0;
  let fatal: Unit['fault'];

  parser.on('error', (error) => {
    const fault = { reason: 'malformed' as const, detail: error.message };
    if (unit === undefined) fatal ??= numUnits === 0 ? fault : undefined;
    else unit.fault ??= fault;
  });
  parser.on('opentag', ({ name, attributes }) => {
    lastEvent = parser.position;
    if (++depth > MAX_DEPTH) fatal ??= { reason: 'too_complex', detail: `elements nested more than ${MAX_DEPTH} deep` };
    if (name === 'tu') unit = { number: ++numUnits, byteOffset: counter.offsetOf(parser.position) };
    else if (name === 'tuv') {
      const tag = String(attributes['xml:lang'] ?? attributes.lang ?? '');
      side = isSameTag(tag, sourceTag) ? 'source' : isSameTag(tag, targetTag) ? 'target' : undefined;
    } else if (name === 'seg') segment = '';
    else if (CODES.has(name)) codeDepth++;
  });
  parser.on('text', (text) => {
    lastEvent = parser.position;
    if (segment === undefined || codeDepth > 0 || unit === undefined) return;
    segment += text;
    if (segment.length > maxTextBytes) {
      unit.fault ??= { reason: 'too_long', detail: `a segment of more than ${maxTextBytes} characters` };
      segment = '';
    }
  });
  parser.on('closetag', ({ name }) => {
    depth--;
    if (name === 'seg') {
      if (unit !== undefined && side !== undefined && segment !== undefined) unit[side] ??= segment;
      segment = undefined;
    } else if (name === 'tuv') side = undefined;
    else if (CODES.has(name)) codeDepth--;
    else if (name === 'tu' && unit !== undefined) {
      done(unit);
      unit = undefined;
      codeDepth = 0;
    }
  });
  return {
    write(text: string, isUtf16: boolean): void {
      counter.begin(text, isUtf16);
      parser.write(text);
      // The parser holds what has no end yet, be it a text, a comment or an attribute.
      if (parser.position - lastEvent > 2 * maxTextBytes) {
        fatal ??= { reason: 'too_long', detail: `more than ${2 * maxTextBytes} characters without an element` };
      }
    },
    close(): void {
      parser.close();
      if (unit !== undefined) done({ ...unit, fault: { reason: 'malformed', detail: 'the file ends within a unit' } });
    },
    get fatal() {
      return fatal;
    },
    get byteOffset() {
      return counter.offsetOf(parser.position);
    },
  };
}

/** @returns pairs in the order of units; units without one of the languages give nothing */
export async function* readTmx(parts: ByteParts, context: PairContext): AsyncGenerator<ParallelPair> {
  const { report } = context;
  const { location } = context.file;
  let units: Unit[] = [];
  const parser = createUnitParser(context, (unit) => units.push(unit));
  let decoder: TextDecoder | undefined;

  function* finished(): Generator<ParallelPair> {
    for (const { number, byteOffset, source, target, fault } of units) {
      const at = { location, byteOffset, line: number };
      if (fault !== undefined) report({ ...at, ...fault });
      else if (source !== undefined && target !== undefined) {
        const pair = pairOf(context, number, source, target, at);
        if (pair !== undefined) yield pair;
      }
    }
    units = [];
  }

  for await (const part of parts) {
    context.signal?.throwIfAborted();
    if (part.bytes === undefined) {
      const { offset, bytes: _none, ...damage } = part;
      report({ location, byteOffset: offset, ...damage });
      return;
    }
    decoder ??= new TextDecoder(
      part.bytes[0] === 0xff || part.bytes[1] === 0
        ? 'utf-16le'
        : part.bytes[0] === 0xfe || part.bytes[0] === 0
          ? 'utf-16be'
          : 'utf-8',
    );
    parser.write(decoder.decode(part.bytes, { stream: true }), decoder.encoding !== 'utf-8');
    yield* finished();
    if (parser.fatal !== undefined) {
      report({ location, byteOffset: parser.byteOffset, ...parser.fatal });
      return;
    }
  }
  parser.close();
  yield* finished();
  if (parser.fatal !== undefined) report({ location, byteOffset: parser.byteOffset, ...parser.fatal });
}
