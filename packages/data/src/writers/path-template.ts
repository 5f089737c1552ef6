// biome-ignore-all lint/suspicious/noTemplateCurlyInString: path templates name their fields so
/**
 * Paths of output files from a template with names in `${...}`, such as `${language}/${rank}.jsonl.gz`.
 */
import type { Document } from '../document.ts';

const NAME = /\$\{([^{}]*)\}/g;
/** Wide enough that file names sort by rank. */
const RANK_DIGITS = 5;

/** @throws Error when the template leaves its directory or ranks would write the same file */
export function checkPathTemplate(template: string): void {
  const problem =
    template.startsWith('/') || template.split(/[\\/]/).includes('..')
      ? 'stay below its directory'
      : !template.includes('${rank}')
        ? 'name ${rank}, because two ranks must not write one file'
        : template.replace(NAME, '').includes('${')
          ? 'close each ${'
          : undefined;
  if (problem !== undefined) {
    throw new Error(
      `[@marco-ts/data] createDocumentWriter: a template must ${problem}, got ${JSON.stringify(template)}. For example \${language}/\${rank}.jsonl.gz.`,
    );
  }
}

/** What may stand in a file name on every system; the rest, path separators among them, becomes `_`. */
const safeName = (value: string): string => value.replace(/[^\p{L}\p{N}._-]/gu, '_').replace(/^\.+/, '_') || '_';

/**
 * @param part number of the file where one was full, from 0: later ones get `-1`, `-2` before their suffix
 * @returns the path that the template makes of a document: `language`, `rank`, or a metadata field (`none` where it has none)
 */
export function pathOfDocument(template: string, document: Document, rank: number, part: number): string {
  const path = template.replace(NAME, (_match, name: string) => {
    if (name === 'rank') return String(rank).padStart(RANK_DIGITS, '0');
    if (name === 'language') return safeName(document.language);
    return safeName(String(document.metadata[name] ?? 'none'));
  });
  return part === 0 ? path : path.replace(/(?=\.[^/]*$)/, `-${part}`);
}
