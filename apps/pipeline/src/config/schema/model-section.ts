/**
 * The model that a recipe begins with: random, or one that exists.
 */
import { z } from 'zod';
import { count, positive } from './fields.ts';

const randomModel = z
  .strictObject({
    /** random weights: for toys and tests */
    kind: z.literal('random'),
    hiddenSize: count,
    numHiddenLayers: count,
    numAttentionHeads: count,
    numKeyValueHeads: count,
    intermediateSize: count,
    maxPositionEmbeddings: count,
    rmsNormEps: positive,
    ropeTheta: positive,
    tieWordEmbeddings: z.boolean(),
    initializerRange: positive,
  })
  .superRefine((value, context) => {
    if (value.hiddenSize % value.numAttentionHeads !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['hiddenSize'],
        message: `must be a multiple of numAttentionHeads ${value.numAttentionHeads}`,
      });
    } else if ((value.hiddenSize / value.numAttentionHeads) % 2 !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['hiddenSize'],
        message: 'the head size hiddenSize / numAttentionHeads must be even (rotary embedding)',
      });
    }
    if (value.numAttentionHeads % value.numKeyValueHeads !== 0) {
      context.addIssue({
        code: 'custom',
        path: ['numAttentionHeads'],
        message: `must be a multiple of numKeyValueHeads ${value.numKeyValueHeads}`,
      });
    }
  });

const existingModel = z.strictObject({
  /** a Hugging Face directory of a Qwen2 model with its tokenizer */
  kind: z.literal('directory'),
  directory: z.string().min(1),
});

/** `model` of a recipe. */
export const modelSection = z.discriminatedUnion('kind', [randomModel, existingModel]);
