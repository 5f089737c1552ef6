/**
 * What is written beside a native build, in `build.json`: what was compiled, with what, and against which libtensorflow.
 */
export const RECORD_FILE = 'build.json';
/** Cache entries are `<prefix><version>-<hash>`. */
export const BUILD_PREFIX = 'tfjs-node-';
/** Below a cache entry. */
export const PACKAGE_PATH = 'node_modules/@tensorflow/tfjs-node';
/** Below the package; 8 is the newest native interface that tfjs-node 4.22.0 lists and its loader takes the newest. */
export const ADDON_PATH = 'lib/napi-v8/tfjs_binding.node';

/** A shared library as it was when the addon was compiled against it. */
export interface LibraryFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** The contents of `build.json`: what a build was compiled from, so that a change of it is noticed. */
export interface NativeBuildRecord {
  readonly formatVersion: 1;
  /** Package and version, for instance `@tensorflow/tfjs-node 4.22.0`. */
  readonly package: string;
  readonly platform: string;
  readonly arch: string;
  /** The compiler's first line about itself. */
  readonly compiler: string;
  readonly libtensorflow: {
    /** As the library says it of itself. */
    readonly version: string;
    readonly directory: string;
    /** The pip package that it came with, for instance `tensorflow-cpu 2.21.0`; null when a directory was named. */
    readonly wheel: string | null;
    /** Whether it was built for CUDA; null when it does not say. */
    readonly isCudaBuild: boolean | null;
    /** As they were when the addon was compiled. */
    readonly libraries: readonly LibraryFile[];
  };
}

/** @returns the record, or null when the text is not one: cut short, of another format, or not JSON */
export function parseNativeBuildRecord(text: string): NativeBuildRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // Not JSON: not a record.
  }
  const record = value as Partial<NativeBuildRecord> | null;
  const library = record?.libtensorflow as Partial<NativeBuildRecord['libtensorflow']> | undefined;
  const isRecord =
    record?.formatVersion === 1 &&
    typeof record.package === 'string' &&
    typeof record.platform === 'string' &&
    typeof record.arch === 'string' &&
    typeof library?.version === 'string' &&
    typeof library.directory === 'string' &&
    Array.isArray(library.libraries) &&
    library.libraries.every((file) => typeof file?.path === 'string' && typeof file.sizeBytes === 'number');
  return isRecord ? (record as NativeBuildRecord) : null;
}
