import shared from '../../tsup.shared.ts';

/** The batch encoder's worker is a file of its own. */
export default { ...shared, entry: ['src/index.ts', 'src/batch-worker.ts'] };
