/** Writes a model for other tools: a Hugging Face directory, a GGUF file, or GGUF with a Modelfile for Ollama. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  exportGguf,
  type GgufFloatType,
  readHuggingFaceModel,
  renderModelfile,
  writeFileAtomic,
  writeHuggingFaceModel,
} from '@marco-ts/checkpoint';
import { parseQwen2Config } from '@marco-ts/model';
import { BadInputError } from '../../errors.ts';
import { damageOf } from '../../runner/plan-run.ts';
import { findModel } from '../../serving/open-chat-model.ts';
import type { ExportOptions } from './add-export-command.ts';

export interface ExportedModel {
  readonly format: ExportOptions['format'];
  readonly dtype: GgufFloatType;
  /** The model directory that was read. */
  readonly from: string;
  /** The file or directory that was written. */
  readonly to: string;
}

/** What goes along with the weights of a Hugging Face directory, where it is there. */
const COMPANIONS =
  /^(tokenizer(_config)?\.json|vocab\.json|merges\.txt|(special_tokens_map|added_tokens)\.json|chat_template\.jinja|README\.md|LICENSE.*)$/;
const TORCH_NAMES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

/** @throws BadInputError for options that do not go together and places that are taken; what the writers say of damaged models */
export async function exportModel(given: string | undefined, options: ExportOptions): Promise<ExportedModel> {
  const { format, out, overwrite = false } = options;
  const { directory: from, id } = await findModel(given);
  const damage = await damageOf(join(from, '..'));
  if (damage !== undefined)
    throw bad(`the model must be as its run wrote it, got a stage of which ${damage} at ${from}. Run: marco resume`);
  const dtype = options.dtype ?? (format === 'hf' ? 'F32' : 'F16');
  const name = options.name ?? id;
  if (format === 'hf') {
    if (dtype === 'Q8_0')
      throw bad('--format hf must have --dtype F32, F16 or BF16, got Q8_0. That is a type of GGUF.');
    await exportHuggingFace(from, out, dtype, overwrite);
    return { format, dtype, from, to: out };
  }
  const path = format === 'gguf' ? out : join(out, `${fileName(name)}.gguf`);
  if (format === 'gguf' && !out.endsWith('.gguf')) throw bad(`--out must end in .gguf, got ${out}. Name the file.`);
  if (existsSync(path) && !overwrite)
    throw bad(`--out must be free, got a file at ${path}. Pass --overwrite, or choose another.`);
  if (format === 'ollama') await mkdir(out, { recursive: true });
  await exportGguf({ modelDirectory: from, path, dtype, name });
  if (format === 'ollama')
    await writeFileAtomic(join(out, 'Modelfile'), renderModelfile({ gguf: `${fileName(name)}.gguf` }));
  return { format, dtype, from, to: out };
}

async function exportHuggingFace(from: string, out: string, dtype: 'F32' | 'F16' | 'BF16', overwrite: boolean) {
  if (!overwrite && (await readdir(out).catch(() => [])).length > 0)
    throw bad(`--out must be free, got a directory with files at ${out}. Pass --overwrite, or choose another.`);
  const { config, generationConfig, arrays } = await readHuggingFaceModel(from);
  parseQwen2Config(config, join(from, 'config.json'));
  const names = (await readdir(from)).filter((file) => COMPANIONS.test(file));
  const files = Object.fromEntries(
    await Promise.all(names.map(async (file) => [file, await readFile(join(from, file))] as const)),
  );
  // transformers 5 says dtype, which would win over torch_dtype.
  const { dtype: _, ...rest } = config;
  await writeHuggingFaceModel(out, {
    config: { ...rest, torch_dtype: TORCH_NAMES[dtype] },
    generationConfig,
    arrays,
    dtype,
    files,
    overwrite,
  });
}

const fileName = (name: string): string => name.replace(/[^\w.-]+/g, '-');

const bad = (message: string): BadInputError => new BadInputError(`[@marco-ts/pipeline] export: ${message}`);
