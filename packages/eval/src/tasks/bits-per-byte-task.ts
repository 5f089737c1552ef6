/**
 * How well a model predicts text: bits per byte, comparable across tokenizers and languages' lengths, and nats per token.
 *
 * Source: `loglikelihood_rolling` tasks of lm-evaluation-harness 0.4 (bits_per_byte, byte_perplexity).
 * Units: bits per UTF-8 byte of the text as given; nats per token of the model's tokenizer. Lower is better; no chance level.
 */
import type { RollingResponse } from '../model/language-model.ts';
import type { EvalTask } from './eval-task.ts';
import { checkItems, countItems, languageGroups, type Tiers } from './select-items.ts';
import { taskOfDocuments } from './task-document.ts';

/** A text in one language. */
export interface TextDocument {
  readonly id: string;
  readonly text: string;
  readonly language: string;
}

/** The documents that are predicted. */
export interface BitsPerByteOptions {
  readonly documents: readonly TextDocument[];
  /** language to tier; without it there are no tier results */
  readonly tiers?: Tiers | undefined;
  /** default 'bits_per_byte' */
  readonly name?: string | undefined;
}

/** @throws Error on no documents, a doubled id, a missing language or tier, or a blank text */
export function bitsPerByteTask(options: BitsPerByteOptions): EvalTask {
  const { documents, tiers, name = 'bits_per_byte' } = options;
  checkItems(name, documents, tiers);
  return taskOfDocuments({
    name,
    version: 1,
    numItems: countItems(documents, ({ language }) => language),
    outputType: 'loglikelihood_rolling',
    macroBy: 'language',
    config: { prefix: 'end-of-text token', macroBy: 'language' },
    metrics: {
      bits_per_byte: {
        kind: { type: 'ratio', scale: 1 / Math.LN2 },
        higherIsBetter: false,
        chance: null,
        unit: 'bits/byte',
      },
      nats_per_token: { kind: { type: 'ratio', scale: 1 }, higherIsBetter: false, chance: null, unit: 'nats/token' },
      byte_perplexity: {
        kind: { type: 'exponential-ratio' },
        higherIsBetter: false,
        chance: null,
        unit: 'choices/byte',
      },
    },
    documents: documents.map(({ id, language, text }) => ({
      id,
      groups: languageGroups(language, tiers),
      requests: [{ type: 'loglikelihood_rolling', text }],
      row: { id, language, text },
      target: text,
      score: ([response]) => {
        const { logProb, numTokens, numBytes } = response as RollingResponse;
        return {
          statistics: {
            bits_per_byte: [-logProb, numBytes],
            nats_per_token: [-logProb, numTokens],
            byte_perplexity: [-logProb, numBytes],
          },
          record: { logProb, numTokens, numBytes },
        };
      },
    })),
  });
}
