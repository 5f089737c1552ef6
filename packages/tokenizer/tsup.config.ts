import shared from '../../tsup.shared.ts';

/** The batch encoder's worker is a file of its own. */
export default { ...shared, entry: { index: 'src/index.ts', 'batch-worker': 'src/batch/batch-worker.ts' } };
