/**
 * Reads a tokenizer from a Hugging Face model directory.
 */
import { createTokenizer } from '../create-tokenizer.ts';
import { nodeModule } from '../node-module.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { tokenizerError } from '../tokenizer-error.ts';
import type { JsonObject } from './tokenizer-json.ts';

/**
 * @param directory holds tokenizer.json, or vocab.json and merges.txt; and tokenizer_config.json. special_tokens_map.json and
 *   chat_template.jinja are read where they stand beside it
 * @throws Error when neither is there, when a file is not JSON or not of this family, and outside Node.js
 */
export async function loadTokenizer(directory: string): Promise<Tokenizer> {
  const instead = 'In a browser, fetch the files and pass them to createTokenizer.';
  const { readFile } = nodeModule('loadTokenizer', 'node:fs/promises', instead);
  const [tokenizerJson, vocabJson, mergesText, config, specialTokens, chatTemplate] = await Promise.all(
    [
      'tokenizer.json',
      'vocab.json',
      'merges.txt',
      'tokenizer_config.json',
      'special_tokens_map.json',
      'chat_template.jinja',
    ].map((name) => readOptional(readFile, `${directory}/${name}`)),
  );
  const tokenizerConfig: JsonObject = {
    ...parse('special_tokens_map.json', specialTokens),
    ...dropNull(parse('tokenizer_config.json', config)),
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  };
  if (tokenizerJson !== undefined) return createTokenizer({ tokenizerJson, tokenizerConfig });
  if (vocabJson !== undefined && mergesText !== undefined)
    return createTokenizer({ vocabJson, mergesText, tokenizerConfig });
  throw tokenizerError(
    'loadTokenizer',
    'the directory must hold tokenizer.json, or vocab.json and merges.txt',
    `neither in ${directory}`,
    'Is this the model directory?',
  );

  function parse(name: string, text: string | undefined): JsonObject {
    if (text === undefined) return {};
    try {
      return JSON.parse(text) as JsonObject;
    } catch (error) {
      throw tokenizerError(
        'loadTokenizer',
        `${name} must be JSON`,
        `${(error as Error).message} in ${directory}`,
        'Is the file complete?',
      );
    }
  }
}

function dropNull(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));
}

async function readOptional(
  readFile: (path: string, encoding: 'utf8') => Promise<string>,
  path: string,
): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
