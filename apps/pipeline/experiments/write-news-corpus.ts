/**
 * Writes NTREX-128 as a directory that a recipe reads: real news in parallel languages, less and less text along the low tier.
 *
 * Source: Federmann et al. 2022, NTREX-128 (CC BY-SA 4.0), found as `parallel/ntrex` in the folder of test data; nothing of it is kept here.
 * Differs: languages of the low tier keep only the first documents, from all of them down to a quarter, so that sizes differ as they do in a
 * crawl; the paper's corpus differs by a factor of 130.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Languages in the paper's tiers, by NTREX's file names. */
const HIGH = {
  arb: 'arb_Arab',
  deu: 'deu_Latn',
  spa: 'spa_Latn',
  fra: 'fra_Latn',
  jpn: 'jpn_Jpan',
  kor: 'kor_Hang',
  por: 'por_Latn',
  tur: 'tur_Latn',
};
const LOW = {
  rus: 'rus_Cyrl',
  pol: 'pol_Latn',
  ind: 'ind_Latn',
  ukr: 'ukr_Cyrl',
  vie: 'vie_Latn',
  hun: 'hun_Latn',
  ron: 'ron_Latn',
  ell: 'ell_Grek',
  tha: 'tha_Thai',
  nep: 'npi_Deva',
};
const LEAST_SHARE = 0.25;

/** As a recipe's `data.tiers`. */
export const NEWS_TIERS = {
  english: ['eng_Latn'],
  chinese: ['cmn_Hans'],
  high: Object.values(HIGH),
  low: Object.values(LOW),
} as const;

/**
 * @param testData folder that has `parallel/ntrex`
 * @param directory gets `news.jsonl`, one document a line, with `text`, `language` and `group`
 */
export async function writeNewsCorpus(testData: string, directory: string): Promise<void> {
  const folder = join(testData, 'parallel', 'ntrex');
  const linesOf = async (name: string): Promise<string[]> =>
    (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
  const documentIds = await linesOf('DOCUMENT_IDS.tsv');
  const rows: string[] = [];
  const add = async (file: string, language: string, share: number): Promise<void> => {
    const lines = await linesOf(file);
    const documents = [...Map.groupBy(lines.entries(), ([index]) => documentIds[index]!)];
    for (const [group, own] of documents.slice(0, Math.ceil(share * documents.length))) {
      const text = own.map(([, line]) => line.trim()).join('\n');
      rows.push(JSON.stringify({ id: `${language}/${group}`, text, language, group }));
    }
  };
  await add('newstest2019-src.eng.txt', 'eng_Latn', 1);
  await add('newstest2019-ref.zho-CN.txt', 'cmn_Hans', 1);
  for (const [name, language] of Object.entries(HIGH)) await add(`newstest2019-ref.${name}.txt`, language, 1);
  const low = Object.entries(LOW);
  for (const [index, [name, language]] of low.entries()) {
    await add(`newstest2019-ref.${name}.txt`, language, LEAST_SHARE ** (index / (low.length - 1)));
  }
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'news.jsonl'), `${rows.join('\n')}\n`);
}
