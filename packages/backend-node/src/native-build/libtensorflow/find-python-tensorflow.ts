/**
 * Asks a Python where its TensorFlow wheel lies. TensorFlow itself is not imported: that takes seconds and may fail for want of a GPU.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBackendError } from '../../node-backend-error.ts';
import { runTool } from '../steps/run-tool.ts';

export interface PythonTensorflow {
  readonly python: string;
  /** The package folder, which holds libraries and headers. */
  readonly directory: string;
  /** Name and version of the pip package, for instance `tensorflow-cpu 2.21.0`. */
  readonly wheel: string;
}

/** The folder `tensorflow` is provided by any of these. The current directory is no place to find it in. */
const QUESTION = `
import importlib.metadata, importlib.util, json, sys
sys.path = [path for path in sys.path if path]
spec = importlib.util.find_spec("tensorflow")
places = list(spec.submodule_search_locations or []) if spec else []
wheel = None
for name in ("tensorflow", "tensorflow-cpu", "tensorflow-cpu-aws", "tensorflow-rocm", "tensorflow-macos", "tf-nightly", "tf-nightly-cpu"):
    try:
        wheel = name + " " + importlib.metadata.version(name)
        break
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps({"directory": places[0] if places else None, "wheel": wheel}))
`;

const INSTALL = 'python3 -m venv .venv && .venv/bin/pip install tensorflow-cpu (or "tensorflow[and-cuda]")';

/**
 * @param python an interpreter; undefined: the active virtual environment's, then `python3` and `python`
 * @throws Error with `fix` and `isBadInput` when no interpreter runs or none has TensorFlow, with what each one said
 */
export async function findPythonTensorflow(
  python: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<PythonTensorflow> {
  const interpreters =
    python !== undefined
      ? [python]
      : [...(env.VIRTUAL_ENV ? [join(env.VIRTUAL_ENV, 'bin', 'python')] : []), 'python3', 'python'];
  const refusals: string[] = [];
  for (const interpreter of interpreters) {
    const answer = await ask(interpreter, env);
    if (typeof answer !== 'string') return answer;
    refusals.push(answer);
  }
  throw nodeBackendError(
    'buildNativeAddon',
    `a Python with a TensorFlow wheel must be there, got: ${refusals.join('; ')}.`,
    `Install one: ${INSTALL}, then: marco doctor --build-native --python .venv/bin/python`,
    { isBadInput: true },
  );
}

/** @returns where its wheel lies, or why there is none */
async function ask(
  python: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<PythonTensorflow | string> {
  if (statSync(python, { throwIfNoEntry: false })?.isDirectory()) {
    return `${python} is a directory, not an interpreter such as ${join(python, 'bin', 'python')}`;
  }
  const result = await runTool(python, ['-c', QUESTION], { env });
  if (result.isMissing) return `no program ${python}`;
  if (result.exitCode !== 0) return `${python} failed (${result.stderr.trim().split('\n').at(-1) || 'no message'})`;
  let answer: { directory?: unknown; wheel?: unknown } | null;
  try {
    answer = JSON.parse(result.stdout) as typeof answer;
  } catch {
    return `${python} is no Python: it did not answer in JSON`;
  }
  if (typeof answer?.directory !== 'string') return `${python} has no TensorFlow`;
  const wheel = typeof answer.wheel === 'string' ? answer.wheel : 'tensorflow of unknown version';
  return { python, directory: answer.directory, wheel };
}
