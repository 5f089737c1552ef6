/**
 * The stage that tokenizes files of documents into shards: a unit is one file, and gives one shard.
 */
import { join } from 'node:path';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { Document } from '../document.ts';
import { writeMegatron } from '../megatron/write-megatron.ts';
import type { ShardTokenizer } from '../shards/shard.ts';
import { writeShard } from '../shards/write-shard.ts';
import { unitName } from '../world/run-directory.ts';
import type { Stage } from '../world/stage.ts';
import type { StageSource } from './stage-source.ts';

export interface TokenizeStageOptions {
  readonly name: string;
  readonly summary: string;
  readonly source: StageSource;
  /** Directory with tokenizer.json. */
  readonly tokenizer: string;
  /** Name of a mixture source, or `${language}`. */
  readonly mixtureSource: string;
  readonly format: 'marco' | 'megatron';
  readonly path: string;
}

export function tokenizeStage(options: TokenizeStageOptions): Stage {
  const { name, summary, source, format, path } = options;
  let tokenizer: Promise<ShardTokenizer> | undefined;
  return {
    name,
    summary,
    countUnits: (run) => source.countFiles(run),
    runUnit: async (index, { run, directory, signal }) => {
      tokenizer ??= loadTokenizer(options.tokenizer);
      const file = await source.openFile(run, index, signal);
      const mixtureSource = options.mixtureSource.replaceAll('${language}', file.language ?? 'und_Zyyy');
      let numDocuments = 0;
      const counted = async function* (): AsyncGenerator<Document> {
        for await (const document of file.documents) {
          numDocuments++;
          yield document;
        }
      };
      const abort = signal === undefined ? {} : { signal };
      const target = `${path}/${mixtureSource}/${unitName(index)}`;
      if (format === 'megatron') {
        const written = await writeMegatron(join(directory, 'shard'), counted(), await tokenizer, abort);
        return {
          name: file.name,
          outputs: ['bin', 'idx'].map((suffix) => ({
            file: `shard.${suffix}`,
            numDocuments,
            publishAs: `${target}.${suffix}`,
          })),
          counts: { numTokens: written.numTokens, numDocuments },
        };
      }
      const info = await writeShard(join(directory, 'shard'), counted(), await tokenizer, {
        name: `${mixtureSource}/${unitName(index)}`,
        source: mixtureSource,
        ...abort,
      });
      return {
        name: file.name,
        outputs: [
          {
            file: 'shard',
            numDocuments,
            publishAs: target,
            ...(file.language === undefined ? {} : { language: file.language }),
          },
        ],
        counts: { numTokens: info.numTokens, numBytes: info.numBytes, numDocuments },
      };
    },
  };
}
