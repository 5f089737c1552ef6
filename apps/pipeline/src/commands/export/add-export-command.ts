/**
 * `marco export`: a model for transformers and vLLM, for llama.cpp, or for Ollama.
 */
import { type Command, Option } from 'commander';
import { type CommandContext, quoted } from '../command-context.ts';

const FORMATS = ['hf', 'gguf', 'ollama'] as const;
const DTYPES = ['F32', 'F16', 'BF16', 'Q8_0'] as const;

export interface ExportOptions {
  readonly format: (typeof FORMATS)[number];
  readonly dtype?: (typeof DTYPES)[number];
  readonly out: string;
  readonly name?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

export function addExportCommand(program: Command, { output }: CommandContext): void {
  program
    .command('export')
    .description('write a model for other tools: Hugging Face directory, GGUF, Ollama')
    .argument('[dir]', 'Hugging Face model directory, or a run directory (default: the latest below runs/)')
    .addOption(new Option('--format <name>', 'what is written').choices(FORMATS).makeOptionMandatory())
    .requiredOption('--out <path>', 'a .gguf file for gguf, a directory for the others')
    .addOption(new Option('--dtype <type>', 'of the weights (default: F32 for hf, F16 for the others)').choices(DTYPES))
    .option('--name <name>', "the model's name in GGUF (default: its directory's name)")
    .option('--overwrite', 'replace what is there')
    .option('--json', 'write JSON')
    .addHelpText(
      'after',
      `
Examples:
  marco export runs/tiny-cpu --format hf --dtype BF16 --out exported     AutoModelForCausalLM.from_pretrained('exported')
  marco export ./Qwen2-0.5B --format gguf --dtype Q8_0 --out qwen2.gguf  llama-cli -m qwen2.gguf
  marco export --format ollama --out mine                                ollama create mine -f mine/Modelfile`,
    )
    .action(async (directory: string | undefined, options: ExportOptions) => {
      const { exportModel } = await import('./export-model.ts');
      const exported = await exportModel(directory, options);
      if (options.json) output.stdout.write(`${JSON.stringify(exported, null, 2)}\n`);
      else {
        output.stdout.write(`${exported.to}\n`);
        if (exported.format === 'ollama')
          output.stderr.write(`go on with: ollama create NAME -f ${quoted(`${exported.to}/Modelfile`)}\n`);
      }
    });
}
