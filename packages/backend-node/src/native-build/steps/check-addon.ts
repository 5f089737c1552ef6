/**
 * Loads a freshly compiled addon in a Node of its own and asks it for the version of its libtensorflow: this process keeps its backend,
 * and an addon that crashes takes nothing with it.
 */
import { nodeBackendError } from '../../node-backend-error.ts';
import { lastLines, runTool } from './run-tool.ts';

const QUESTION = `
const { TF_Version } = require(process.argv[1]);
process.stdout.write('\\n' + JSON.stringify({ version: TF_Version }) + '\\n');
`;

/**
 * @param node the Node that will load it
 * @returns the version that libtensorflow gives for itself
 * @throws Error with `fix` when it does not load
 */
export async function checkAddon(
  addonPath: string,
  {
    node = process.execPath,
    env = process.env,
  }: { node?: string; env?: Readonly<Record<string, string | undefined>> } = {},
): Promise<string> {
  const result = await runTool(node, ['-e', QUESTION, addonPath], { env });
  const version = result.exitCode === 0 ? readVersion(result.stdout) : undefined;
  if (version !== undefined) return version;
  // Node prints its own stack after the loader's message; the message is the line with the error in it.
  const said = result.stderr.match(/^(?:Uncaught )?Error: .*$/m)?.[0] ?? lastLines(result, 4);
  throw nodeBackendError(
    'buildNativeAddon',
    `the compiled addon must load, got ${said || `exit code ${result.exitCode}`}.`,
    'The libraries do not fit the headers or this system: name another libtensorflow (2.9 or later).',
  );
}

function readVersion(stdout: string): string | undefined {
  try {
    const answer = JSON.parse(stdout.trim().split('\n').at(-1)!) as { version?: unknown };
    return typeof answer.version === 'string' ? answer.version : undefined;
  } catch {
    return undefined; // It loaded and said something else: not the addon of tfjs-node.
  }
}
