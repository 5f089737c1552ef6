/** A tokenizer of a directory that was named on the command line. */
import { loadTokenizer, type Tokenizer } from '@marco-ts/tokenizer';
import { BadInputError } from '../../errors.ts';

/** @throws BadInputError when there is none, or none of this family */
export async function openTokenizer(directory: string): Promise<Tokenizer> {
  try {
    return await loadTokenizer(directory);
  } catch (error) {
    throw new BadInputError((error as Error).message, { cause: error });
  }
}
