/**
 * Writes the results of a finished `npm start` into README.md, between its two markers: no number there is typed by hand.
 *
 *     node scripts/readme-results.mjs [runs/tiny-cpu]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const run = process.argv[2] ?? join(root, 'runs', 'tiny-cpu');
const results = JSON.parse(readFileSync(join(run, 'results.json'), 'utf8'));
const report = readFileSync(join(run, 'report.md'), 'utf8');

const table = /## Before and after each stage\n+((?:\|.*\n)+)/.exec(report)?.[1];
if (table === undefined)
  throw new Error(`[marco-ts] readme-results: no headline table in ${run}/report.md. Run \`npm start\` first.`);
const { cost, funnel, machine, backend, numParameters } = results;
const facts =
  `${funnel.read.toLocaleString('en')} documents read, ${funnel.kept.toLocaleString('en')} kept, ` +
  `${(numParameters / 1e6).toFixed(2)} M parameters, ${Math.round(cost.trainedTokens / 1000).toLocaleString('en')},000 tokens trained on, ` +
  `${Math.round(cost.seconds)} s and ${Math.round(cost.peakRssBytes / 2 ** 20)} MiB on ${machine.numCores} cores (${machine.cpu}), ` +
  `backend ${backend.name} with ${backend.numThreads} threads.`;
const block = `<!-- results:start -->\n${facts} Held-out articles, the same in every language (\`npm start\`, then \`node scripts/readme-results.mjs\`):\n\n${table}<!-- results:end -->`;

const path = join(root, 'README.md');
const readme = readFileSync(path, 'utf8');
const updated = readme.replace(/<!-- results:start -->[\s\S]*?<!-- results:end -->/, () => block);
writeFileSync(path, updated);
console.log(facts);
