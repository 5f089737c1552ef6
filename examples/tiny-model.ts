/** What several examples begin with: real text in three languages, a tokenizer trained on it, and a model of random weights. */
import { declarationDocuments, readUdhr, UDHR_PRIMARY_PAGES } from '@marco-ts/data';
import { initQwen2Params, parseQwen2Config } from '@marco-ts/model';
import { trainTokenizer } from '@marco-ts/tokenizer';

export const LANGUAGES = ['eng_Latn', 'spa_Latn', 'swh_Latn'];

/** @returns the articles of the declaration of human rights, every fifth one held out in all languages */
export async function tinyTexts() {
  const documents = [];
  for await (const declaration of readUdhr({ pages: LANGUAGES.map((language) => UDHR_PRIMARY_PAGES[language]!) })) {
    documents.push(...declarationDocuments(declaration));
  }
  const isHeldOut = (article: unknown) => Number(article) % 5 === 4;
  return {
    train: documents.filter(({ metadata }) => !isHeldOut(metadata.article)),
    test: documents.filter(({ metadata }) => isHeldOut(metadata.article)),
  };
}

export async function tinyModel() {
  const { train, test } = await tinyTexts();
  const tokenizer = trainTokenizer(
    train.map(({ text }) => text),
    { vocabSize: 1024 },
  );
  const config = parseQwen2Config({
    model_type: 'qwen2',
    hidden_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 192,
    vocab_size: tokenizer.vocabSize,
    max_position_embeddings: 512,
    tie_word_embeddings: true,
    eos_token_id: tokenizer.eosTokenId,
  });
  return { train, test, tokenizer, config, params: initQwen2Params(config, 1) };
}
