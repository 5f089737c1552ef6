/**
 * `marco plan --probe`: the measured memory and time of pretraining as a table.
 */
import { formatTable } from '../../console/format-table.ts';
import { formatBytes, formatCount, formatDuration, formatShare } from '../../format/format-quantity.ts';
import type { TrainingProbe } from '../../training/probe-training.ts';

export function probeTable(probe: TrainingProbe): string {
  const { stages, tokensPerSecond, flopsPerSecond, peakShare } = probe;
  const table = formatTable(
    [{ title: 'pretraining' }, { title: 'steps' }, { title: 'tokens' }, { title: 'would take' }],
    stages.map(({ stage, numSteps, numTokens, seconds }) => [
      stage,
      formatCount(numSteps),
      formatCount(numTokens),
      formatDuration(seconds),
    ]),
  );
  return [
    table,
    '',
    `measured on ${probe.backend}: ${formatCount(tokensPerSecond)} tokens/s, ${(flopsPerSecond / 1e9).toFixed(1)} GFLOP/s, ${formatShare(peakShare)} of a large matrix product`,
    `memory: ${formatBytes(probe.heldTensorBytes)} of weights and moments between steps, ${formatBytes(probe.estimatedTensorBytes)} of tensors at most (estimated), ${formatBytes(probe.peakResidentBytes)} resident so far`,
    `checkpoint: ${formatBytes(probe.checkpointBytes)} each`,
  ].join('\n');
}
