/**
 * A learned scorer of documents or translation pairs behind one interface: a fastText classifier, or a module of the user's own.
 *
 * Source: fastText quality classifiers as FineWeb2-HQ and DCLM use them: the probability of one label for the text on one line.
 */
import { pathToFileURL } from 'node:url';
import { loadFastText } from '../identify/fasttext/fasttext-model.ts';

/** Answers one number; equal input must give an equal one, or runs that were stopped differ from those that were not. */
export type Scorer<Item> = (item: Item) => number | Promise<number>;

export const isFastTextFile = (path: string): boolean => /\.(bin|ftz)$/.test(path);

/** @returns the probability of `label`, 0 for a text without a known word */
export function fastTextScorer(path: string, label: string | undefined): Scorer<{ readonly text: string }> {
  const model = loadFastText(path);
  const wanted = label?.replace(/^__label__/, '');
  if (wanted === undefined || !model.labels.includes(wanted)) {
    throw new Error(
      `[@marco-ts/data] fastTextScorer: label must be one of the model's, got ${JSON.stringify(label ?? null)} at ${path}. There are: ${model.labels.slice(0, 20).join(', ')}.`,
    );
  }
  const numLabels = model.labels.length;
  return ({ text }) => {
    const found = model.predict(text.replace(/\s+/g, ' '), { numLabels }).find((answer) => answer.label === wanted);
    return found?.probability ?? 0;
  };
}

/**
 * @param path a .js, .mjs, .ts or .mts module whose default export is a `Scorer`; what it needs it loads with top-level await
 * @throws Error when it cannot be run or exports no function
 */
export async function moduleScorer<Item>(path: string): Promise<Scorer<Item>> {
  const { default: exported } = (await import(pathToFileURL(path).href)) as { default?: unknown };
  if (typeof exported === 'function') return exported as Scorer<Item>;
  throw new Error(
    `[@marco-ts/data] moduleScorer: the default export must be a function from an item to a number, got ${typeof exported} at ${path}. Write export default (item) => score.`,
  );
}

/** @throws Error for what is no finite number */
export async function scoreOf<Item extends { readonly id: string }>(scorer: Scorer<Item>, item: Item): Promise<number> {
  const score: unknown = await scorer(item);
  if (typeof score === 'number' && Number.isFinite(score)) return Math.round(score * 1e4) / 1e4;
  throw new Error(
    `[@marco-ts/data] scoreOf: a score must be a finite number, got ${String(score)} at ${item.id}. Mend the scorer.`,
  );
}
