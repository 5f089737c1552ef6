/**
 * Pairs of files of a Moses corpus by their suffixes: `news.en` and `news.sw`, `news.en-sw.en.gz` and `news.en-sw.sw.gz`.
 */
import { formatOfName, type InputFile } from '../input-file.ts';
import { type ListInputsOptions, listInputs } from '../list-inputs.ts';

export interface ListMosesPairsOptions extends Pick<ListInputsOptions, 'locations' | 'network'> {
  /** Suffix of the source files without its dot, for example `en`. */
  readonly sourceTag: string;
  readonly targetTag: string;
}

/** `news.en.gz` without its tag, and what follows the tag. */
function stemOf(location: string, tag: string): { readonly stem: string; readonly compressed: string } | undefined {
  const [, stem, compressed] = /^(.*?)(\.gz|\.zst)?$/.exec(location) ?? [];
  return stem?.endsWith(`.${tag}`) ? { stem: stem.slice(0, -tag.length - 1), compressed: compressed ?? '' } : undefined;
}

/**
 * @returns one input per pair, sorted
 * @throws Error when a source file has no target file or there is no pair at all
 */
export async function listMosesPairs(options: ListMosesPairsOptions): Promise<InputFile[]> {
  const { sourceTag, targetTag, ...rest } = options;
  const files = await listInputs({ ...rest, format: 'moses' });
  const targets = new Map(
    files.flatMap(({ location }) => {
      const found = stemOf(location, targetTag);
      return found === undefined ? [] : [[found.stem, location] as const];
    }),
  );
  const pairs = files.flatMap((file): InputFile[] => {
    const found = stemOf(file.location, sourceTag);
    if (found === undefined) return [];
    const targetLocation = targets.get(found.stem);
    if (targetLocation === undefined) {
      throw new Error(
        `[@marco-ts/data] listMosesPairs: every .${sourceTag} file must have a .${targetTag} file beside it, got none for ${file.location}. Add it or take the file away.`,
      );
    }
    const stem = stemOf(file.name, sourceTag)?.stem ?? file.name;
    return [
      {
        ...file,
        name: `${stem}.${sourceTag}-${targetTag}`,
        targetLocation,
        compression: formatOfName(file.location).compression,
      },
    ];
  });
  if (pairs.length > 0) return pairs;
  throw new Error(
    `[@marco-ts/data] listMosesPairs: there must be files ending in .${sourceTag}, got ${files.length} others at ${options.locations.join(', ')}. Check the tags.`,
  );
}
