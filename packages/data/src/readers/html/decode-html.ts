/**
 * The text of a web page from its bytes: by byte order mark, HTTP header, `<meta>`, or what the bytes look like.
 *
 * Source: WHATWG HTML, "determining the character encoding". Differs: a declared charset counts only where the bytes are legal in it (with at
 * most one broken sequence in a thousand characters), because pages that say UTF-8 and are not are common; detection is npm `chardet`.
 */
import { isUtf8 } from 'node:buffer';
import chardet from 'chardet';

export interface DecodedPage {
  readonly text: string;
  /** Lower-case label of the WHATWG Encoding Standard. */
  readonly charset: string;
}

/** The standard looks for `<meta>` in this much; pages with long comments before it are not rare. */
const META_BYTES = 4096;
/** Detection needs no more. */
const DETECT_BYTES = 1 << 16;
const MAX_BROKEN_SHARE = 1e-3;
const META_CHARSET = /<meta\b[^>]*?\bcharset\s*=\s*["']?\s*([\w:.-]+)/i;
const XML_ENCODING = /^\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([\w:.-]+)/i;

/** @returns the standard's name for a label, undefined where it knows none */
function knownCharset(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

function markedCharset(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

function declaredCharsets(bytes: Uint8Array, contentType: string): string[] {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, META_BYTES)).toString('latin1');
  const labels = [
    /charset\s*=\s*["']?([\w:.-]+)/i.exec(contentType)?.[1],
    XML_ENCODING.exec(head)?.[1],
    META_CHARSET.exec(head)?.[1],
  ];
  // A page whose <meta> can be read byte by byte is not UTF-16, whatever it says.
  return labels
    .map(knownCharset)
    .flatMap((charset) => (charset === undefined ? [] : /^utf-16/.test(charset) ? ['utf-8'] : [charset]));
}

function brokenShare(text: string): number {
  let numBroken = 0;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) numBroken++;
  return text.length === 0 ? 0 : numBroken / text.length;
}

/**
 * @param contentType of the HTTP header, where there is one
 * @returns the text without a byte order mark; bytes that are illegal in its charset are U+FFFD
 */
export function decodeHtml(bytes: Uint8Array, contentType = ''): DecodedPage {
  const marked = markedCharset(bytes);
  if (marked !== undefined) return { text: new TextDecoder(marked).decode(bytes), charset: marked };
  const declared = declaredCharsets(bytes, contentType);
  // Multibyte text is almost never legal UTF-8 by chance, so this is surer than what a page says of itself.
  if (isUtf8(bytes) && !declared.some((charset) => charset === 'iso-2022-jp' || charset === 'hz-gb-2312')) {
    return { text: new TextDecoder().decode(bytes), charset: 'utf-8' };
  }
  for (const charset of declared) {
    const text = new TextDecoder(charset).decode(bytes);
    if (brokenShare(text) <= MAX_BROKEN_SHARE) return { text, charset };
  }
  const detected = knownCharset(chardet.detect(bytes.subarray(0, DETECT_BYTES)) ?? undefined);
  const charset = detected ?? declared[0] ?? 'windows-1252';
  return { text: new TextDecoder(charset).decode(bytes), charset };
}
