/**
 * `marco data inspect`: documents that a run kept or dropped, with the reason, picked by language, reason or id.
 */
import { type DataRun, droppedDocuments, type InspectedDocument, keptDocuments } from '@marco-ts/data';
import { BadInputError } from '../../errors.ts';

export interface InspectOptions {
  readonly kept: boolean;
  readonly dropped: boolean;
  readonly language?: string;
  readonly reason?: string;
  /** Part of the id. */
  readonly id?: string;
  /** Only what this stage kept or dropped; without it what any dropped and the last one kept. */
  readonly stage?: string;
  readonly limit: number;
}

/** At most `limit` documents of each sort, in the order of the files. */
export async function findDocuments(
  { run, ...dataRun }: DataRun,
  options: InspectOptions,
): Promise<InspectedDocument[]> {
  const found: InspectedDocument[] = [];
  const stages = dataRun.stages.filter(({ name }) => options.stage === undefined || name === options.stage);
  if (stages.length === 0) {
    throw new BadInputError(
      `[@marco-ts/pipeline] data inspect: --stage must be one of ${dataRun.stages.map(({ name }) => name).join(', ')}, got "${options.stage}".`,
    );
  }
  const isWanted = ({ document, reason }: InspectedDocument): boolean =>
    (options.language === undefined || document.language === options.language) &&
    (options.reason === undefined || reason === options.reason) &&
    (options.id === undefined || document.id.includes(options.id));
  const take = async (documents: AsyncIterable<InspectedDocument>): Promise<void> => {
    let count = 0;
    for await (const inspected of documents) {
      if (!isWanted(inspected)) continue;
      found.push(inspected);
      if (++count === options.limit) return;
    }
  };
  if (options.dropped) await take(droppedDocuments(run, stages));
  if (options.kept && options.reason === undefined) await take(keptDocuments(run, stages));
  return found;
}

export function describeDocument({ document, reason, step, stage }: InspectedDocument, numCharacters: number): string {
  const verdict = reason === undefined ? 'kept' : `dropped: ${reason} (${step}, ${stage})`;
  const metadata = Object.entries(document.metadata)
    .filter(([key]) => !key.startsWith('drop_'))
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
  const text = document.text.length > numCharacters ? `${document.text.slice(0, numCharacters)}…` : document.text;
  return `${document.id}  ${document.language}  ${verdict}\n  ${metadata}\n  ${text.replaceAll('\n', '\n  ')}\n`;
}
