/**
 * What the contestants of the suite `generate` are asked, and the prompts that all of them get.
 */
export type TokenRequest =
  | { readonly task: 'prefill'; readonly batchSize: number; readonly promptLength: number }
  | { readonly task: 'decode'; readonly batchSize: number; readonly promptLength: number; readonly numTokens: number }
  | { readonly task: 'greedy'; readonly promptLength: number; readonly numTokens: number };

/** `read`: how long one GiB of memory takes. */
export type GenerateRequest = TokenRequest | { readonly task: 'read' };

/** Prompts by formula; tools/peers/generate.py has the same one. */
export function promptsOf(batchSize: number, length: number, vocabSize: number): Int32Array[] {
  return Array.from({ length: batchSize }, (_, row) =>
    Int32Array.from({ length }, (_, i) => (i * 7919 + row * 31) % vocabSize),
  );
}
