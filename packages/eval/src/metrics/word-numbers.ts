/**
 * Numbers for words, so that words and n-grams of them compare as integers.
 */
export interface WordNumbers {
  /** the same number for the same word, counted up from 0 */
  of(word: string): number;
  /** @returns [words.length] the number of each word */
  ofAll(words: readonly string[]): Int32Array;
}

export function createWordNumbers(): WordNumbers {
  const numbers = new Map<string, number>();
  const of = (word: string): number => {
    let number = numbers.get(word);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(word, number);
    }
    return number;
  };
  return { of, ofAll: (words) => Int32Array.from(words, of) };
}
