/**
 * The files that a plan's inputs name.
 */
import { type InputFile, isPairFormat } from '../readers/input-file.ts';
import { listInputs } from '../readers/list-inputs.ts';
import { listMosesPairs } from '../readers/pairs/list-moses-pairs.ts';
import type { ListedInput } from '../stages/stage-source.ts';
import { type DataPlan, isPairInput, type PlannedInput } from './data-plan.ts';

async function listInput(input: PlannedInput): Promise<InputFile[]> {
  const { path, targetPath, format, compression, sourceLanguage, targetLanguage } = input;
  const options = {
    locations: [path],
    ...(format === undefined ? {} : { format }),
    ...(compression === undefined ? {} : { compression }),
  };
  if (targetPath !== undefined)
    return (await listInputs({ ...options, format: 'moses' })).map((file) => ({ ...file, targetLocation: targetPath }));
  if (format !== 'moses') return listInputs(options);
  const tagOf = (tag: string | undefined, language: string): string => tag ?? language.slice(0, 3);
  return listMosesPairs({
    locations: [path],
    sourceTag: tagOf(input.sourceTag, sourceLanguage!),
    targetTag: tagOf(input.targetTag, targetLanguage!),
  });
}

/** Every file of every input, in one order. @throws Error when an input has no readable file, or files of pairs among documents */
export async function listPlanInputs({ inputs }: Pick<DataPlan, 'inputs'>): Promise<ListedInput[]> {
  const listed: ListedInput[] = [];
  for (const [input, planned] of inputs.entries()) {
    const files = await listInput(planned);
    const wrong = files.find(({ format }) => isPairFormat(format) !== isPairInput(planned));
    if (wrong !== undefined) {
      const [wanted, next] = isPairInput(planned)
        ? ['pairs', 'Name the format: moses, tsv, tmx, or translation for JSONL.']
        : ['documents', 'Name sourceLanguage and targetLanguage to read translation pairs.'];
      throw new Error(
        `[@marco-ts/data] listPlanInputs: inputs[${input}] must hold ${wanted}, got ${wrong.format} at ${wrong.location}. ${next}`,
      );
    }
    listed.push(...files.map((file) => ({ ...file, input })));
  }
  return listed;
}
