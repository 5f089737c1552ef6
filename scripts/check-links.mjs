/**
 * Holds the links of the Markdown documents against the files of the repository and the headings in them; addresses elsewhere are not asked.
 *
 *     node scripts/check-links.mjs
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const documents = execFileSync('git', ['ls-files', '--', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter(Boolean);
const textOf = (path) => readFileSync(path, 'utf8').replaceAll(/^ *```.*?^ *```/gms, '');

const problems = [];
let numLinks = 0;
for (const document of documents) {
  for (const [, target] of textOf(join(root, document)).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    numLinks++;
    const [path, anchor] = target.split('#');
    const file = path === '' ? join(root, document) : join(root, dirname(document), decodeURIComponent(path));
    if (!existsSync(file)) problems.push(`${document}: there is no ${relative(root, file)}`);
    else if (anchor !== undefined && !headingsOf(file).has(anchor))
      problems.push(`${document}: ${relative(root, file)} has no heading #${anchor}`);
  }
}
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`${numLinks} links of ${documents.length} documents lead somewhere`);

/** Anchors as GitHub makes them. */
function headingsOf(file) {
  const titles = [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, title]) => title);
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
