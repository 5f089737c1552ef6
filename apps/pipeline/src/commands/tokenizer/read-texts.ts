/** Texts of files and folders by language, for learning and measuring tokenizers; all are held in memory. */
import { basename } from 'node:path';
import { type DocumentOfRow, listInputs, readDocuments } from '@marco-ts/data';
import { BadInputError } from '../../errors.ts';

/** Any name of a language will do, since it only sorts the texts; what has no text is passed over. */
const textOfRow: DocumentOfRow = (row, id, { textKey, language: ofFile }) => {
  const fields = (typeof row === 'object' ? row : null) as Record<string, unknown> | null;
  const text = fields?.[textKey];
  if (typeof text !== 'string') return { reason: 'malformed', detail: `no string field ${JSON.stringify(textKey)}` };
  const said = fields?.language ?? fields?.lang;
  return { document: { id, text, language: typeof said === 'string' && said !== '' ? said : ofFile, metadata: {} } };
};

/**
 * The language of a row is what its `language` or `lang` says; where nothing is said, the file's name up to its first dot.
 *
 * @returns texts by language, in the order of the files
 * @throws BadInputError for files that cannot be read or hold no text
 */
export async function readTexts(
  locations: readonly string[],
  textKey = 'text',
): Promise<ReadonlyMap<string, readonly string[]>> {
  const texts = new Map<string, string[]>();
  try {
    for (const input of await listInputs({ locations })) {
      const language = basename(input.name).split('.')[0]!;
      for await (const document of readDocuments(input, { language, textKey, documentOfRow: textOfRow })) {
        const known = texts.get(document.language);
        if (known === undefined) texts.set(document.language, [document.text]);
        else known.push(document.text);
      }
    }
  } catch (error) {
    throw new BadInputError((error as Error).message, { cause: error });
  }
  if (texts.size > 0) return texts;
  throw new BadInputError(
    `[@marco-ts/pipeline] readTexts: there must be text, got none at ${locations.join(', ')}. Name .txt, .jsonl or .parquet files, or folders of them.`,
  );
}

/** @returns the texts of every language, one after another */
export const allTexts = (texts: ReadonlyMap<string, readonly string[]>): string[] => [...texts.values()].flat();
