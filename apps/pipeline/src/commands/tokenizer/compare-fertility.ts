/** What several tokenizers spend on the same texts, by language. */
import { type Fertility, fertility, type Tokenizer } from '@marco-ts/tokenizer';
import { formatTable } from '../../console/format-table.ts';

export interface LanguageFertility {
  readonly language: string;
  readonly numDocuments: number;
  /** By the tokenizer's name. */
  readonly tokenizers: Readonly<Record<string, Pick<Fertility, 'numTokens' | 'tokensPerWord' | 'bytesPerToken'>>>;
}

/** @param texts by language */
export function compareFertility(
  tokenizers: ReadonlyMap<string, Tokenizer>,
  texts: ReadonlyMap<string, readonly string[]>,
): LanguageFertility[] {
  return [...texts].map(([language, documents]) => ({
    language,
    numDocuments: documents.length,
    tokenizers: Object.fromEntries(
      [...tokenizers].map(([name, tokenizer]) => {
        const { numTokens, tokensPerWord, bytesPerToken } = fertility(tokenizer, documents);
        return [name, { numTokens, tokensPerWord, bytesPerToken }];
      }),
    ),
  }));
}

/** The worst served language first, by the first tokenizer's tokens per word. */
export function fertilityTable(languages: readonly LanguageFertility[]): string {
  const names = Object.keys(languages[0]?.tokenizers ?? {});
  const tokensPerWord = ({ tokenizers }: LanguageFertility, name: string): number => tokenizers[name]!.tokensPerWord;
  const sorted = [...languages].sort((a, b) => tokensPerWord(b, names[0]!) - tokensPerWord(a, names[0]!));
  const columns = names.flatMap((name) => [{ title: `${name}: tokens/word` }, { title: 'bytes/token' }]);
  return `${formatTable(
    [{ title: 'language' }, { title: 'documents' }, ...columns],
    sorted.map((language) => [
      language.language,
      `${language.numDocuments}`,
      ...names.flatMap((name) => [
        tokensPerWord(language, name).toFixed(3),
        language.tokenizers[name]!.bytesPerToken.toFixed(3),
      ]),
    ]),
  )}\n`;
}
