/**
 * Accuracy of language identification: on UDHR articles that the model has not seen, and on sentences of 75 languages from another domain.
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
  for (const [name, options] of [
    [`all ${identifier.languages.length} languages`, {}],
    ['the 75 languages of the set', { languages: candidates }],
  ] as const) {
    const start = performance.now();
    const perLanguage = new Map<string, [right: number, all: number]>();
    for (const { lang, text } of rows) {
      const counts = perLanguage.get(lang) ?? [0, 0];
      counts[1]++;
      if (CODES[lang]!.split('|').includes(identifier.identify(text, options).language.slice(0, 3))) counts[0]++;
      perLanguage.set(lang, counts);
    }
    const rate = rows.length / ((performance.now() - start) / 1000);
    const total = [...perLanguage.values()].reduce((sum, [correct]) => sum + correct, 0);
    const worst = [...perLanguage]
      .map(([lang, [correct, all]]) => ({ lang, share: correct / all }))
      .sort((a, b) => a.share - b.share)
      .slice(0, 8);
    console.log(
      `sentences, candidates ${name}: ${((100 * total) / rows.length).toFixed(2)}% of ${rows.length}, ${Math.round(rate)} sentences/s; worst: ${worst.map(({ lang, share }) => `${lang} ${share.toFixed(2)}`).join(', ')}`,
    );
  }
} else console.log(`no test set at ${path}: set MARCO_TEST_DATA`);
