/**
 * Accuracy of language identification: on UDHR articles that the model has not seen, and on sentences of 75 languages from another domain,
 * by length in UTF-16 units, beside npm eld and franc-all in the same run.
 *
 * Run: MARCO_TEST_DATA=<folder> node --conditions=@marco-ts/source bench/identify-languages.ts
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Document,
  declarationDocuments,
  identifyCrossFit,
  readUdhr,
  trainLanguageIdentifier,
} from '../src/index.ts';

const documents: Document[] = [];
for await (const declaration of readUdhr()) documents.push(...declarationDocuments(declaration));
const known = documents.filter(({ language }) => !/^(und|mis)_/.test(language));
const started = performance.now();
const found = identifyCrossFit(known, { groupOf: ({ metadata }) => `${metadata.article}`, seed: 1 });
const seconds = (performance.now() - started) / 1000;
const right = found.filter(({ language }, index) => language === known[index]!.language).length;
console.log(
  `UDHR, 5-fold over articles: ${((100 * right) / known.length).toFixed(2)}% of ${known.length} articles, ${new Set(known.map(({ language }) => language)).size} languages, ${seconds.toFixed(1)} s`,
);

/** ISO 639-1 codes of the test set to ISO 639-3 codes; several where the set does not tell them apart. */
const CODES: Readonly<Record<string, string>> = Object.fromEntries(
  'af afr,ar arb,az azj,be bel,bg bul,bn ben,bs bos,ca cat,cs ces,cy cym,da dan,de deu,el ell,en eng,eo epo,es spa,et ekk,eu eus,fa pes|prs,fi fin,fr fra,ga gle,gu guj,he heb,hi hin,hr hrv,hu hun,hy hye,id ind,is isl,it ita,ja jpn,ka kat,kk kaz,ko kor,la lat,lg lug,lt lit,lv lvs,mi mri,mk mkd,mn khk,mr mar,ms zsm,nb nob,nl nld,nn nno,pa pan,pl pol,pt por,ro ron,ru rus,sk slk,sl slv,sn sna,so som,sq als,sr srp,st sot,sv swe,sw swh,ta tam,te tel,th tha,tl tgl|fil,tn tsn,tr tur,ts tso,uk ukr,ur urd,vi vie,xh xho,yo yor,zh cmn,zu zul'
    .split(',')
    .map((entry) => entry.split(' ') as [string, string]),
);
const path = join(process.env.MARCO_TEST_DATA ?? '', 'mono/lid_testset/lingua_sentences_150x75.jsonl');
if (existsSync(path)) {
  const rows: { readonly lang: string; readonly text: string }[] = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const identifier = trainLanguageIdentifier(known);
  const wanted = new Set(Object.values(CODES).flatMap((codes) => codes.split('|')));
  const candidates = new Set(identifier.languages.filter((language) => wanted.has(language.slice(0, 3))));
  const twoLetters = new Map(
    Object.entries(CODES).flatMap(([two, codes]) => codes.split('|').map((code) => [code, two])),
  );
  const { eld } = await import('eld/large');
  const { franc } = await import('franc-all');
  const only = [...wanted];
  const francLanguage = (code: string): string =>
    ({
      nob: 'nb',
      nno: 'nn',
      est: 'et',
      lav: 'lv',
      swa: 'sw',
      msa: 'ms',
      zlm: 'ms',
      fas: 'fa',
      aze: 'az',
      sqi: 'sq',
      mon: 'mn',
      ara: 'ar',
    })[code] ??
    twoLetters.get(code) ??
    code;
  /** eld calls both written standards of Norwegian `no`. */
  const isRight = (lang: string, found: string): boolean => found === lang || (found === 'no' && lang === 'nb');
  const contestants: Readonly<Record<string, (text: string) => string>> = {
    [`ours, ${identifier.languages.length} candidates`]: (text) =>
      twoLetters.get(identifier.identify(text).language.slice(0, 3)) ?? '',
    'ours, 75 candidates': (text) =>
      twoLetters.get(identifier.identify(text, { languages: candidates }).language.slice(0, 3)) ?? '',
    'eld large (60)': (text) => eld.detect(text).language,
    'franc-all': (text) => francLanguage(franc(text, { minLength: 1 })),
    'franc-all, 75 candidates': (text) => francLanguage(franc(text, { minLength: 1, only })),
  };
  const eldLanguages = new Set(
    Object.values(eld.info().Languages as Record<string, string>).map((code) => (code === 'no' ? 'nb' : code)),
  );
  const groups: readonly (readonly [string, (row: (typeof rows)[number]) => boolean])[] = [
    ['all 75', () => true],
    ["eld's", ({ lang }) => eldLanguages.has(lang)],
    ['< 50', ({ text }) => text.length < 50],
    ['50-99', ({ text }) => text.length >= 50 && text.length < 100],
    ['100-199', ({ text }) => text.length >= 100 && text.length < 200],
    ['>= 200', ({ text }) => text.length >= 200],
  ];
  console.log(
    `| ${['', ...groups.map(([name, has]) => `${name} (${rows.filter(has).length})`), 'sentences/s'].join(' | ')} |`,
  );
  console.log(`|${'---|'.repeat(groups.length + 2)}`);
  const worst: string[] = [];
  for (const [name, identify] of Object.entries(contestants)) {
    for (const { text } of rows.slice(0, 500)) identify(text);
    const start = performance.now();
    const answers = rows.map(({ text }) => identify(text));
    const rate = Math.round(rows.length / ((performance.now() - start) / 1000));
    const accuracy = (has: (row: (typeof rows)[number]) => boolean): number => {
      const group = rows.flatMap((row, index) => (has(row) ? [isRight(row.lang, answers[index]!)] : []));
      return group.filter(Boolean).length / group.length;
    };
    console.log(`| ${[name, ...groups.map(([, has]) => `${(100 * accuracy(has)).toFixed(2)}%`), rate].join(' | ')} |`);
    const perLanguage = Object.keys(CODES).map((lang) => [lang, accuracy((row) => row.lang === lang)] as const);
    worst.push(
      `${name}: ${perLanguage
        .sort((a, b) => a[1] - b[1])
        .slice(0, 12)
        .map(([lang, share]) => `${lang} ${share.toFixed(2)}`)
        .join(', ')}`,
    );
  }
  console.log(`worst languages\n${worst.join('\n')}`);
} else console.log(`no test set at ${path}: set MARCO_TEST_DATA`);
