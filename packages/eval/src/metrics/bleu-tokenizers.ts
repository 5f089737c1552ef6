/**
 * The tokenizers of BLEU that need no dictionary: none, 13a, char, zh, intl.
 *
 * Source: mteval-v13a.pl and mteval-v14.pl (NIST) as re-expressed in sacrebleu 2.6.0 `tokenizers/`, Apache-2.0, whose numbers these
 * are equal to, its quirk in zh included: two ranges written with five hex digits are read by Python as a four-digit character
 * and a digit, so U+2001-U+2A6D are split as if Chinese, and the rare ideographs of plane 2 are not.
 */
import { inputError } from '../input-error.ts';
import { pythonSplit, pythonStrip } from '../python-text.ts';

/** The tokenizers that need no model, by sacrebleu's names. */
export type BleuTokenizerName = 'none' | '13a' | 'char' | 'zh' | 'intl';

/** Those that need a SentencePiece model, which the user brings: see `spmTokenizer`. */
export type ModelTokenizerName = 'spm' | 'flores101' | 'flores200' | 'spBLEU-1K';

/**
 * Splits one line into the tokens that BLEU counts.
 *
 * @returns the tokens of a line whose trailing white space is gone
 */
export type BleuTokenizer = (line: string) => string[];

const WESTERN_PUNCTUATION = /[{-~[-` -&(-+:-@/]/g;
const STOP_AFTER_NON_DIGIT = /([^0-9])([.,])/g;
const STOP_BEFORE_NON_DIGIT = /([.,])([^0-9])/g;
const DASH_AFTER_DIGIT = /([0-9])(-)/g;

const CHINESE =
  /[\u3400-\u4db5\u4e00-\u9fa5\u9fa6-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\u2001-\u2a6d\u2f81-\u2fa1\uff00-\uffef\u2e80-\u2eff\u3000-\u303f\u31c0-\u31ef\u2f00-\u2fdf\u2ff0-\u2fff\u3100-\u312f\u31a0-\u31bf\ufe10-\ufe1f\ufe30-\ufe4f\u2600-\u26ff\u2700-\u27bf\u3200-\u32ff\u3300-\u33ff]/g;

const PUNCTUATION_AFTER_NON_NUMBER = /(\P{N})(\p{P})/gu;
const PUNCTUATION_BEFORE_NON_NUMBER = /(\p{P})(\P{N})/gu;
const SYMBOL = /\p{S}/gu;

const TOKENIZERS: Readonly<Record<BleuTokenizerName, BleuTokenizer>> = {
  none: pythonSplit,
  '13a': (line) => splitWestern(` ${unescapeMteval(line)} `),
  char: (line) => pythonSplit([...line].join(' ')),
  zh: (line) => splitWestern(pythonStrip(line).replace(CHINESE, ' $& ')),
  intl: (line) =>
    pythonSplit(
      line
        .replace(PUNCTUATION_AFTER_NON_NUMBER, '$1 $2 ')
        .replace(PUNCTUATION_BEFORE_NON_NUMBER, ' $1 $2')
        .replace(SYMBOL, ' $& '),
    ),
};

const MODEL_TOKENIZERS = new Set(['spm', 'flores101', 'flores200', 'spBLEU-1K']);

const NEEDS: Readonly<Record<string, string>> = {
  'ja-mecab': "MeCab with its IPA dictionary; 'char' needs none",
  'ko-mecab': "MeCab-ko with its dictionary; '13a' or 'char' need none",
  spm: 'a SentencePiece model',
  flores101: 'the flores101 SentencePiece model',
  flores200: 'the flores200 SentencePiece model',
  'spBLEU-1K': 'the spBLEU-1K SentencePiece model',
};

/** Whether a tokenizer comes with a model of the user's. */
export function isModelTokenizer(name: string): name is ModelTokenizerName {
  return MODEL_TOKENIZERS.has(name);
}

/** @throws Error naming what a tokenizer needs that does not come with this package, or the valid names */
export function bleuTokenizer(name: string): BleuTokenizer {
  if (Object.hasOwn(TOKENIZERS, name)) return TOKENIZERS[name as BleuTokenizerName];
  const need = NEEDS[name];
  throw inputError(
    'bleu',
    `tokenize must be one of ${Object.keys(TOKENIZERS).join(', ')}, got '${name}'` +
      (need
        ? `, which needs ${need}: not shipped here. Bring a SentencePiece model as tokenizer: spmTokenizer(bytes); for the others split the text yourself and pass tokenize: 'none'.`
        : '.'),
  );
}

function splitWestern(line: string): string[] {
  return pythonSplit(
    line
      .replace(WESTERN_PUNCTUATION, ' $& ')
      .replace(STOP_AFTER_NON_DIGIT, '$1 $2 ')
      .replace(STOP_BEFORE_NON_DIGIT, ' $1 $2')
      .replace(DASH_AFTER_DIGIT, '$1 $2 '),
  );
}

function unescapeMteval(line: string): string {
  const joined = line.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  if (!joined.includes('&')) return joined;
  return joined.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
}
