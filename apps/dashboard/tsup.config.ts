import shared from '../../tsup.shared.ts';

/** The thread that compares evaluations is a file of its own. */
export default {
  ...shared,
  entry: { index: 'src/index.ts', 'comparison-thread': 'src/server/evaluation/comparison-thread.ts' },
};
