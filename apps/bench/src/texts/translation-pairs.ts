/**
 * Pairs of translation and reference made by formula: words of syllables in three scripts, some dropped, changed and moved.
 */
export interface TranslationPairs {
  readonly hypotheses: readonly string[];
  readonly references: readonly string[];
}

const SYLLABLES = ['ka', 'lo', 'mi', 'ru', 'sen', 'ta', 'vor', 'ли', 'но', 'гра', 'σα', 'λη', 'ça', 'ön', 'ş', 'ie'];
const NUM_WORDS = 20_000;

/** @returns the same pairs for the same number, and a prefix of those of a larger number */
export function translationPairs(numPairs: number): TranslationPairs {
  const draw = createDraw(12345);
  const vocabulary = Array.from({ length: NUM_WORDS }, () =>
    Array.from({ length: 1 + draw(4) }, () => SYLLABLES[draw(SYLLABLES.length)]!).join(''),
  );
  // Squaring favours low numbers, so that frequent words are frequent as in a language.
  const word = (): string => vocabulary[Math.floor((draw(1 << 20) / (1 << 20)) ** 2 * NUM_WORDS)]!;
  const references: string[] = [];
  const hypotheses: string[] = [];
  for (let pair = 0; pair < numPairs; pair++) {
    const words = Array.from({ length: 10 + draw(25) }, word);
    references.push(`${words.join(' ')}.`);
    const changed = words.flatMap((own) => (draw(10) === 0 ? [] : draw(5) === 0 ? [word()] : [own]));
    if (draw(3) === 0) changed.push(...changed.splice(draw(changed.length + 1), 3));
    hypotheses.push(changed.join(' ') + (draw(2) === 0 ? '.' : ', 3.5!'));
  }
  return { hypotheses, references };
}

/** Integers below a limit from a linear congruential generator (Numerical Recipes' constants). */
function createDraw(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
