import shared from '../../tsup.shared.ts';

export default { ...shared, entry: { index: 'src/index.ts', 'native-build/index': 'src/native-build/index.ts' } };
