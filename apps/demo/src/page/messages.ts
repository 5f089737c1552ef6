/**
 * What the page and its worker say to each other.
 *
 * Units: durations in milliseconds.
 */
import type { BackendName } from '@marco-ts/core';
import type { ChatMessage } from '@marco-ts/tokenizer';

/** An address that ends in a slash, or the files that a person chose. */
export type ModelPlace = { readonly url: string } | { readonly files: readonly File[] };

export type ToWorker =
  | { readonly kind: 'open'; readonly place: ModelPlace; readonly backend?: BackendName | undefined }
  | {
      readonly kind: 'say';
      readonly messages: readonly ChatMessage[];
      readonly maxNewTokens: number;
      /** Absent: as the model's own generation_config.json says. */
      readonly temperature?: number | undefined;
    }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'ready'; readonly backend: string; readonly numParameters: number; readonly sizeBytes: number }
  | { readonly kind: 'piece'; readonly text: string }
  | {
      readonly kind: 'end';
      readonly numTokens: number;
      readonly durationMs: number;
      readonly isStopped: boolean;
      readonly numForgotten: number;
    }
  | { readonly kind: 'error'; readonly message: string };
