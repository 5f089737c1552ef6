/**
 * Builds tfjs-node's addon against a current libtensorflow, so that `registerNodeBackend` finds it: what npm ships stops at libtensorflow
 * 2.9.1, which knows neither current processors nor CUDA 12.
 *
 * The build is made beside its place and renamed into it when the addon has loaded once; a build that is there already is kept.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TESTED_VERSION } from '../find-node-package.ts';
import { nodeBackendError } from '../node-backend-error.ts';
import { createBuildingDirectory } from './building-directory.ts';
import { cacheDirectory } from './cache-directory.ts';
import { type NativeBuild, readNativeBuild } from './find-native-build.ts';
import { findPythonTensorflow } from './libtensorflow/find-python-tensorflow.ts';
import { type Libtensorflow, locateLibtensorflow } from './libtensorflow/locate-libtensorflow.ts';
import { ADDON_PATH, BUILD_PREFIX, type NativeBuildRecord, RECORD_FILE } from './native-build-record.ts';
import { checkAddon } from './steps/check-addon.ts';
import { compileCommand } from './steps/compile-command.ts';
import { type Compiler, findCompiler } from './steps/find-compiler.ts';
import { type InstalledSources, installSources, NODE_HEADERS_VERSION } from './steps/install-sources.ts';
import { lastLines, runTool, saysDiskIsFull, type ToolResult } from './steps/run-tool.ts';

/** Where libtensorflow comes from and which Node the addon is for; without any, what the machine has is found. */
export interface BuildNativeAddonOptions {
  /** A directory that holds libtensorflow and its headers. */
  readonly libtensorflow?: string;
  /** An interpreter whose TensorFlow wheel is taken. Default, without `libtensorflow`: the active environment's, `python3`, `python`. */
  readonly python?: string;
  /** `PATH`, `CXX`, `VIRTUAL_ENV`, `MARCO_CACHE` and `XDG_CACHE_HOME` are read from it. Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The Node that will load the addon; default: this one. */
  readonly node?: string;
  /** Told what begins, in one line each. */
  readonly onProgress?: (line: string) => void;
}

/** The build that `buildNativeAddon` made or found. */
export interface NativeBuildResult extends NativeBuild {
  /** It was there already. */
  readonly isReused: boolean;
}

/**
 * @returns the build, which is now the one that `registerNodeBackend` takes
 * @throws Error with `fix`, and `isBadInput` where what was named cannot be used: no Linux or macOS, no libtensorflow, no headers, no
 *   compiler, no npm or registry, no room on the disk, sources that do not compile (with the compiler's last lines), an addon that does
 *   not load. Then nothing is left behind.
 */
export async function buildNativeAddon(options: BuildNativeAddonOptions = {}): Promise<NativeBuildResult> {
  const { env = process.env, onProgress = () => {} } = options;
  requireOptions(options);
  const wheel = options.libtensorflow === undefined ? await findPythonTensorflow(options.python, env) : null;
  const libtensorflow = locateLibtensorflow(wheel?.directory ?? options.libtensorflow!);
  onProgress(`libtensorflow: ${libtensorflow.directory}${wheel === null ? '' : ` (${wheel.wheel}, ${wheel.python})`}`);
  const cache = cacheDirectory(env);
  const directory = join(cache, `${BUILD_PREFIX}${TESTED_VERSION}-${hashOf(libtensorflow)}`);
  const present = await reuse(directory);
  if (present !== null) return present;

  const compiler = await findCompiler(env);
  const building = await createBuildingDirectory(cache);
  try {
    onProgress(`fetching @tensorflow/tfjs-node ${TESTED_VERSION} and node-api-headers ${NODE_HEADERS_VERSION}`);
    const sources = await installSources(building, env);
    onProgress(`compiling with ${compiler.version}`);
    await compile(sources, libtensorflow, compiler, env);
    onProgress('loading it once');
    const node = options.node === undefined ? {} : { node: options.node };
    const version = await checkAddon(join(sources.packageDirectory, ADDON_PATH), { ...node, env });
    const record: NativeBuildRecord = {
      formatVersion: 1,
      package: `@tensorflow/tfjs-node ${TESTED_VERSION}`,
      platform: process.platform,
      arch: process.arch,
      compiler: compiler.version,
      libtensorflow: {
        version,
        directory: libtensorflow.directory,
        wheel: wheel?.wheel ?? null,
        isCudaBuild: libtensorflow.isCudaBuild,
        libraries: libtensorflow.libraries,
      },
    };
    await writeFile(join(building, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
    return await putInPlace(building, directory);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

function requireOptions({ libtensorflow, python }: BuildNativeAddonOptions): void {
  if (libtensorflow !== undefined && python !== undefined) {
    throw nodeBackendError(
      'buildNativeAddon',
      `one libtensorflow must be named, got the directory ${libtensorflow} and the wheel of ${python}.`,
      'Leave one of the two out.',
      { isBadInput: true },
    );
  }
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    throw nodeBackendError(
      'buildNativeAddon',
      `the addon can be built on Linux and macOS, got ${process.platform}.`,
      'Use the wasm or webgpu backend, or build under WSL 2.',
      { isBadInput: true },
    );
  }
}

/** What decides over the addon: versions, machine, flags, and the libraries with their size and time. */
function hashOf(libtensorflow: Libtensorflow): string {
  const { args } = compileCommand({ compiler: '', packageDirectory: '', nodeHeadersDirectory: '', libtensorflow });
  const identity = [
    TESTED_VERSION,
    NODE_HEADERS_VERSION,
    process.platform,
    process.arch,
    args,
    libtensorflow.libraries,
  ];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 12);
}

async function compile(
  { packageDirectory, nodeHeadersDirectory }: InstalledSources,
  libtensorflow: Libtensorflow,
  compiler: Compiler,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  await mkdir(dirname(join(packageDirectory, ADDON_PATH)), { recursive: true });
  const { command, args } = compileCommand({
    compiler: compiler.command,
    packageDirectory,
    nodeHeadersDirectory,
    libtensorflow,
  });
  const result = await runTool(command, args, { env });
  if (result.exitCode === 0) return;
  throw nodeBackendError(
    'buildNativeAddon',
    `the addon must compile against ${libtensorflow.directory}, got from ${compiler.version}:\n${compilerLines(result)}\n`,
    saysDiskIsFull(result)
      ? 'The disk is full: free some space, or set TMPDIR and MARCO_CACHE to folders on another disk.'
      : 'It is known to compile with g++ 12 against TensorFlow 2.21: name another libtensorflow, or set CXX to another compiler.',
  );
}

/** The first error is mostly the cause, and the last lines are what people look for. */
function compilerLines(result: ToolResult): string {
  const last = lastLines(result, 12);
  const firstError = result.stderr.match(/^.*\berror\b.*$/im)?.[0];
  return firstError === undefined || last.includes(firstError) ? last : `${firstError}\n…\n${last}`;
}

/** Asking for a build again makes it the newest, and so the one in use. */
async function reuse(directory: string): Promise<NativeBuildResult | null> {
  const build = readNativeBuild(directory);
  if ('reason' in build) return null;
  const now = new Date();
  await utimes(join(directory, RECORD_FILE), now, now);
  return { ...build, isReused: true };
}

async function putInPlace(building: string, directory: string): Promise<NativeBuildResult> {
  // Nothing usable stood there; what did, a broken entry, is in the way of the rename. Another process may have come first since.
  const isThere = await reuse(directory);
  if (isThere !== null) return isThere;
  await rm(directory, { recursive: true, force: true });
  try {
    await rename(building, directory);
  } catch (error) {
    const other = await reuse(directory);
    if (other !== null) return other;
    throw error;
  }
  const build = readNativeBuild(directory);
  if ('reason' in build) {
    throw nodeBackendError(
      'buildNativeAddon',
      `the build must be usable once in place, got ${build.reason} at ${directory}.`,
      'The libraries changed meanwhile: run this again.',
    );
  }
  return { ...build, isReused: false };
}
