export { type BuildNativeAddonOptions, buildNativeAddon, type NativeBuildResult } from './build-native-addon.ts';
export { type FoundBuilds, findNativeBuilds, type NativeBuild, type UnusableBuild } from './find-native-build.ts';
export type { LibraryFile, NativeBuildRecord } from './native-build-record.ts';
