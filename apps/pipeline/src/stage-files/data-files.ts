/**
 * What the data stage leaves for the others: file names and row types.
 */
import { join } from 'node:path';
import type { AlignedParagraph } from '@marco-ts/aligner';
import type { ContaminationReport, CuratedDocuments, Document, FunnelReport, SplitName } from '@marco-ts/data';
import { readJsonLines } from './json-lines.ts';

export const documentsFile = (split: SplitName): string => `documents-${split}.jsonl`;
export const paragraphsFile = (split: SplitName): string => `paragraphs-${split}.jsonl`;
/** Training documents of the sources that are no language. */
export const SOURCE_FILES = {
  parallel: 'parallel.jsonl',
  knowledge: 'knowledge.jsonl',
  synthetic: 'synthetic.jsonl',
} as const;
export const FUNNEL_FILE = 'funnel.json';
export const DROPPED_FILE = 'dropped.jsonl';
/** Data sets made of the test split, as `marco eval --data` reads them. */
export const BENCHMARKS_DIRECTORY = 'benchmarks';

export interface DataFunnels {
  readonly documents: FunnelReport;
  /** aligned paragraphs */
  readonly parallel: {
    readonly read: number;
    readonly kept: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly contamination: ContaminationReport;
  readonly identification: CuratedDocuments['identification'];
}

export const readDocuments = (directory: string, split: SplitName): Promise<Document[]> =>
  readJsonLines<Document>(join(directory, documentsFile(split)));

export const readParagraphs = (directory: string, split: SplitName): Promise<AlignedParagraph[]> =>
  readJsonLines<AlignedParagraph>(join(directory, paragraphsFile(split)));
