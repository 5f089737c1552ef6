import shared from '../../tsup.shared.ts';

/** The worker that does ranks is a file of its own. */
export default {
  ...shared,
  entry: { index: 'src/index.ts', 'rank-worker': 'src/executors/rank-worker.ts' },
  splitting: true,
};
