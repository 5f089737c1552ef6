/**
 * Names that users of other trainers write for the same thing; YAML recipes may use them, and hints know them.
 *
 * Source: transformers `TrainingArguments`, TRL `DPOConfig` and LLaMA-Factory's YAML keys.
 */
export const FAMILIAR_NAMES: Readonly<Record<string, string>> = {
  per_device_train_batch_size: 'microBatchSize',
  gradient_accumulation_steps: 'gradAccumSteps',
  num_train_epochs: 'numEpochs',
  output_dir: 'outputDirectory',
  run_name: 'name',
  logging_steps: 'logEverySteps',
  save_steps: 'checkpointEverySteps',
  save_total_limit: 'keepLastCheckpoints',
  cutoff_len: 'sequenceLength',
  max_seq_length: 'sequenceLength',
  pref_beta: 'beta',
  pref_loss: 'lossTypes',
  loss_type: 'lossTypes',
  min_lr_ratio: 'minLearningRateRatio',
  optim: 'optimizer',
  lr_scheduler_type: 'learningRateSchedule',
  report_to: 'reportTo',
};

/** Too vague to be accepted, clear enough for a hint. */
const HINTS: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  batchsize: 'microBatchSize',
  epochs: 'numEpochs',
  steps: 'numTokens',
  tokens: 'numTokens',
  threads: 'numThreads',
  warmup: 'warmupRatio',
  layers: 'numHiddenLayers',
  heads: 'numAttentionHeads',
};

/** @returns the key in `valid` that another trainer's name stands for */
export function familiarKey(name: string, valid: readonly string[]): string | undefined {
  const camelCase = name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  if (valid.includes(camelCase)) return camelCase;
  const meant = FAMILIAR_NAMES[name];
  return meant !== undefined && valid.includes(meant) ? meant : undefined;
}

/** @returns the key in `valid` that an invalid name hints at */
export function hintedKey(name: string, valid: readonly string[]): string | undefined {
  const meant = familiarKey(name, valid) ?? HINTS[name.toLowerCase().replace(/[^a-z]/g, '')];
  return meant !== undefined && valid.includes(meant) ? meant : undefined;
}
