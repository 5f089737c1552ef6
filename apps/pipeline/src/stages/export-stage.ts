/**
 * The finished model as a Hugging Face directory that transformers and others open: weights, config, tokenizer, chat template, model card.
 */
import { join } from 'node:path';
import { saveQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';
import { withStageModel } from '../stage-files/model-files.ts';
import { startBackend } from './start-backend.ts';

export const EXPORT_DIRECTORY = 'hugging-face';

/** @param last stage whose model is exported */
export function exportStage(last: string): Stage<Recipe> {
  return {
    name: 'export',
    title: 'export: Hugging Face directory',
    dependsOn: ['tokenizer', last],
    config: (recipe) => ({ export: recipe.export, card: modelCard(recipe, last) }),
    async run({ directory, inputs, recipe, progress }) {
      progress.start({ total: 1, unit: 'models' });
      await startBackend(recipe);
      const tokenizer = await loadTokenizer(inputs.tokenizer!);
      const chatEnd = tokenizer.tokenToId('<|im_end|>');
      return withStageModel(inputs[last]!, async ({ config, params }) => {
        const { eosTokenId } = config;
        const stops = [chatEnd, eosTokenId].filter((id) => typeof id === 'number');
        await saveQwen2(join(directory, EXPORT_DIRECTORY), {
          config,
          params,
          dtype: recipe.export.dtype,
          maxShardSizeBytes: recipe.export.maxShardSizeBytes,
          generationConfig: { do_sample: false, eos_token_id: stops, pad_token_id: tokenizer.padTokenId },
          files: { ...tokenizer.files(), 'README.md': modelCard(recipe, last) },
        });
        progress.advance();
        return { tensors: params.size };
      });
    },
  };
}

function modelCard(recipe: Recipe, last: string): string {
  const tiers = languageTiers(recipe);
  const base =
    recipe.model.kind === 'directory'
      ? `adapted from the model at \`${recipe.model.directory}\``
      : 'trained from random weights at toy size: it shows that the pipeline works and is of no other use';
  return `---
library_name: transformers
pipeline_tag: text-generation
language:
${[...new Set([...tiers.keys()].map((language) => language.split('_')[0]))].map((code) => `- ${code}`).join('\n')}
---

# ${recipe.name}

A Qwen2 model of ${tiers.size} languages, ${base}. Made by marco-ts with the recipe \`${recipe.name}\` (seed ${recipe.seed}): two-stage continual
pretraining after Marco-LLM (arXiv:2412.04003)${recipe.sft === undefined ? '' : ', instruction tuning'}${recipe.preference === undefined ? '' : ' and preference alignment'}. The weights are those after stage \`${last}\`.

\`\`\`python
from transformers import AutoModelForCausalLM, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForCausalLM.from_pretrained(".")
\`\`\`
`;
}
