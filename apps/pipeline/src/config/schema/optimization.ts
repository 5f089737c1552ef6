/**
 * What the stages that train have in common.
 */
import { z } from 'zod';
import { count, countOrNone, positive, ratio } from './fields.ts';
import { trainingOptions } from './training-options.ts';

/** AdamW and batch fields that every training stage has. */
export const optimization = {
  /** tokens per packed sequence */
  sequenceLength: count,
  /** sequences per forward pass */
  microBatchSize: count,
  /** forward passes per optimizer step */
  gradAccumSteps: count,
  adamBeta1: ratio,
  adamBeta2: ratio,
  adamEpsilon: positive,
  weightDecay: z.number().nonnegative(),
  /** global gradient norm above which gradients are scaled down */
  maxGradNorm: positive,
  /** share of a stage's steps in which the learning rate rises from 0 */
  warmupRatio: ratio,
  /** learning rate at the end of a stage, as a share of its peak */
  minLearningRateRatio: ratio,
  /** a log line every so many optimizer steps */
  logEverySteps: count,
  /** a checkpoint every so many optimizer steps */
  checkpointEverySteps: count,
  keepLastCheckpoints: count,
  /** forward each layer again in the backward pass: less memory, more time */
  recompute: z.boolean(),
  ...trainingOptions,
};

/** Rows of every micro-batch that replay pretraining text, in the mixture of the last pretraining stage, against forgetting. */
export const replayRows = countOrNone;
