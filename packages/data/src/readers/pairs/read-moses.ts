/**
 * Translation pairs from two text files whose lines correspond (Moses, OPUS).
 *
 * Where a line cannot be read its pair is left out; where bytes are missing the lines no longer correspond and the pair of files ends.
 */
import type { ParallelPair } from '../../parallel/align-paragraphs.ts';
import type { ByteParts } from '../bytes/byte-part.ts';
import { decodeStrictly } from '../bytes/decode-strictly.ts';
import { type Line, readLines } from '../bytes/read-lines.ts';
import { type PairContext, pairOf } from './pair-context.ts';

interface Side {
  readonly location: string;
  next(): Promise<Line | undefined>;
  close(): Promise<unknown>;
  readonly isDamaged: boolean;
}

function openSide(location: string, parts: ByteParts, context: PairContext): Side {
  let isDamaged = false;
  const lines = readLines(parts, {
    location,
    maxLineBytes: context.maxTextBytes,
    report(fault) {
      if (fault.reason !== 'too_long') isDamaged = true;
      context.report(fault);
    },
  });
  return {
    location,
    next: async () => (await lines.next()).value as Line | undefined,
    close: () => lines.return(undefined),
    get isDamaged() {
      return isDamaged;
    },
  };
}

function decodeLine(line: Line, location: string, context: PairContext): string | undefined {
  const { bytes, number, ...offsets } = line;
  const decoded = decodeStrictly(bytes);
  if ('text' in decoded) return decoded.text;
  const byteOffset = line.byteOffset + decoded.invalidAt;
  context.report({
    location,
    line: number,
    ...offsets,
    byteOffset,
    reason: 'invalid_utf8',
    detail: `no UTF-8 from byte ${byteOffset} on`,
  });
  return undefined;
}

/** @returns pairs in the order of lines; a longer side is reported after the last pair */
export async function* readMoses(
  sourceParts: ByteParts,
  targetParts: ByteParts,
  targetLocation: string,
  context: PairContext,
): AsyncGenerator<ParallelPair> {
  const sourceSide = openSide(context.file.location, sourceParts, context);
  const targetSide = openSide(targetLocation, targetParts, context);
  try {
    let source = await sourceSide.next();
    let target = await targetSide.next();
    let last = 0;
    while (source !== undefined && target !== undefined) {
      context.signal?.throwIfAborted();
      if (sourceSide.isDamaged || targetSide.isDamaged) return;
      last = Math.max(source.number, target.number);
      if (source.number === target.number) {
        const sourceText = decodeLine(source, sourceSide.location, context);
        const targetText = decodeLine(target, targetSide.location, context);
        if (sourceText !== undefined && targetText !== undefined && sourceText + targetText !== '') {
          const { bytes: _bytes, number, ...offsets } = source;
          const at = { location: sourceSide.location, line: number, ...offsets };
          const pair = pairOf(context, number, sourceText, targetText, at);
          if (pair !== undefined) yield pair;
        }
        source = await sourceSide.next();
        target = await targetSide.next();
      } else if (source.number < target.number) source = await sourceSide.next();
      else target = await targetSide.next();
    }
    if (sourceSide.isDamaged || targetSide.isDamaged) return;
    const longer = source ?? target;
    if (longer === undefined || longer.number <= last) return;
    const [long, short] = source === undefined ? [targetSide, sourceSide] : [sourceSide, targetSide];
    context.report({
      location: long.location,
      line: longer.number,
      byteOffset: longer.byteOffset,
      reason: 'malformed',
      detail: `the lines do not correspond: ${short.location} ends after line ${last}`,
    });
  } finally {
    await Promise.all([sourceSide.close(), targetSide.close()]);
  }
}
