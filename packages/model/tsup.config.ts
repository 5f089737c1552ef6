import shared from '../../tsup.shared.ts';

/** Reading and writing directories is an entry of its own: the rest runs in browsers. */
export default { ...shared, entry: { index: 'src/index.ts', 'files/index': 'src/files/index.ts' } };
