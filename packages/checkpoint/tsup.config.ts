import shared from '../../tsup.shared.ts';

/** What runs in browsers is an entry of its own: it imports no Node module. So is the thread that writes checkpoints. */
export default {
  ...shared,
  entry: { index: 'src/index.ts', web: 'src/web.ts', 'save-thread': 'src/store/save-thread.ts' },
};
