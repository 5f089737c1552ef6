/** Shards are held against the tokenizer of the model that is about to be trained on them. */
import { requireOneTokenizer, type Shard } from '@marco-ts/data';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { asBadInput } from '../stage-files/dataset-sources.ts';

/**
 * @param tokenizerDirectory of the model
 * @param log told in one line of shards that do not say what wrote them
 * @throws BadInputError naming the first shard of another tokenizer
 */
export async function requireModelTokenizer(
  shards: readonly Shard[],
  tokenizerDirectory: string,
  log: (message: string) => void,
): Promise<void> {
  const fingerprint = (await loadTokenizer(tokenizerDirectory)).fingerprint();
  const unmarked = await asBadInput(async () =>
    requireOneTokenizer(shards, { fingerprint, where: tokenizerDirectory }),
  );
  if (unmarked.length === 0) return;
  log(
    `warning: ${unmarked.length} of ${shards.length} shards do not say which tokenizer wrote them, such as ${unmarked[0]!.directory}: that it is the one of ${tokenizerDirectory} cannot be checked`,
  );
}
