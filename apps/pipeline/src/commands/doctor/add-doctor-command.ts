/**
 * `marco doctor`: which backends are here, and building the one that needs a compiler.
 */
import type { Command } from 'commander';
import { BadInputError, EXIT_CODES } from '../../errors.ts';
import type { CommandContext } from '../command-context.ts';
import type { NativeSource } from './build-native.ts';
import { doctor } from './doctor.ts';

interface DoctorCommandOptions extends NativeSource {
  readonly json?: boolean;
  readonly buildNative?: boolean;
}

export function addDoctorCommand(program: Command, { output, setExitCode }: CommandContext): void {
  program
    .command('doctor')
    .description('which backends are here, which one a run would use and why, what is missing and how to mend it')
    .option('--json', 'write JSON')
    .option('--build-native', 'first build the addon of @tensorflow/tfjs-node, for the backends node and node-gpu')
    .option('--libtensorflow <dir>', 'build against the libtensorflow in this directory')
    .option(
      '--python <python>',
      'build against the TensorFlow wheel of this interpreter (default: the first that has one)',
    )
    .addHelpText(
      'after',
      `
Ends with 1 when no run could start here, or the addon could not be built.

Examples:
  marco doctor
  marco doctor --json
  python3 -m venv .venv && .venv/bin/pip install tensorflow-cpu     or "tensorflow[and-cuda]"
  marco doctor --build-native --python .venv/bin/python`,
    )
    .action(async (options: DoctorCommandOptions) => {
      const nativeSource = nativeSourceOf(options);
      const isWell = await doctor({ json: options.json ?? false, ...(nativeSource && { nativeSource }) }, output);
      if (!isWell) setExitCode(EXIT_CODES.failed);
    });
}

function nativeSourceOf({ buildNative, libtensorflow, python }: DoctorCommandOptions): NativeSource | undefined {
  if (libtensorflow !== undefined && python !== undefined) {
    throw new BadInputError('--libtensorflow and --python name two sources of one library. Leave one of them out.');
  }
  const isNamed = libtensorflow !== undefined || python !== undefined;
  if (isNamed && !buildNative) {
    throw new BadInputError(
      `${python === undefined ? '--libtensorflow' : '--python'} goes with --build-native. Add it.`,
    );
  }
  if (!buildNative) return undefined;
  return { ...(libtensorflow !== undefined && { libtensorflow }), ...(python !== undefined && { python }) };
}
