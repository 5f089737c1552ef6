// biome-ignore-all lint/suspicious/noTemplateCurlyInString: path templates name their fields so
/**
 * Files of documents that a unit writes by a template, with the language of each where the template parts by it.
 */
import type { Document } from '../document.ts';
import type { UnitOutput } from '../world/unit-report.ts';
import { createDocumentWriter } from '../writers/create-document-writer.ts';
import { pathOfDocument } from '../writers/path-template.ts';

export interface StageOutputs {
  write(document: Document): Promise<void>;
  /** @returns what the unit reports of its files */
  close(): Promise<UnitOutput[]>;
  abandon(): Promise<void>;
}

export interface StageOutputsOptions {
  readonly directory: string;
  readonly template: string;
  /** Number of the unit. */
  readonly index: number;
  /** Whether files get their name below the run's directory too. */
  readonly publish: boolean;
}

export function createStageOutputs({ directory, template, index, publish }: StageOutputsOptions): StageOutputs {
  const writer = createDocumentWriter({ directory, template, rank: index });
  const languageOfPath = new Map<string, string>();
  const seen = new Set<string>();
  const see = (document: Document): void => {
    if (!template.includes('${language}') || seen.has(document.language)) return;
    seen.add(document.language);
    languageOfPath.set(pathOfDocument(template, document, index, 0), document.language);
  };
  return {
    write: (document) => {
      see(document);
      return writer.write(document);
    },
    close: async () => {
      const files = await writer.close();
      return files.map(({ path, numDocuments }) => {
        const language = languageOfPath.get(path);
        return {
          file: path,
          numDocuments,
          ...(language === undefined ? {} : { language }),
          ...(publish ? { publishAs: path } : {}),
        };
      });
    },
    abandon: () => writer.abandon(),
  };
}
