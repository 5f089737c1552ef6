/**
 * Which lettered choice a written answer names: for models that answer in sentences, and servers that give no log-probabilities.
 *
 * Source: ours, checked against the predictions that were taken from a chat model's 1,027 answers to C-Eval.
 */

const LETTER = '([A-J])(?![\\p{L}\\p{N}])';
/** From the surest sign to the weakest; of several matches the last of the sure ones, the first of the others. */
const SURE = [
  /\\boxed\{\s*(?:\\text\{)?\s*\(?([A-J])\)?/gu,
  new RegExp(`\\[\\[\\s*${LETTER}`, 'gu'),
  new RegExp(
    `(?:answer|option|choice|antwort|respuesta|réponse|risposta|resposta|cevap|ответ|відповідь|jibu|jawaban|đáp án|câu trả lời|الإجابة|उत्तर|উত্তর|คำตอบ|답|정답|答え|答案|选|選)(?:\\s*(?:is|ist|es|est|é|è|ni|adalah|là|هي|है|হল|คือ|은|는|は|是|为|為|择|擇))?[\\s:：*()（"'「]*${LETTER}`,
    'giu',
  ),
];
const WEAK = [
  new RegExp(`^[\\s*("'（「]*${LETTER}`, 'u'),
  new RegExp(`(?:^|[\\s(（"'「])${LETTER}[).:：、．]`, 'mu'),
  new RegExp(`(?<![\\p{L}\\p{N}'])${LETTER}\\s*[.。]?\\s*$`, 'u'),
];

/**
 * @param numChoices letters after these do not count
 * @returns the index of the choice, or null where none is named
 */
export function extractChoice(answer: string, numChoices: number): number | null {
  const indexOf = (letter: string | undefined): number | null => {
    const index = letter === undefined ? -1 : 'ABCDEFGHIJ'.indexOf(letter.toUpperCase());
    return index >= 0 && index < numChoices ? index : null;
  };
  for (const pattern of SURE) {
    const found = indexOf([...answer.matchAll(pattern)].at(-1)?.[1]);
    if (found !== null) return found;
  }
  for (const pattern of WEAK) {
    const found = indexOf(pattern.exec(answer)?.[1]);
    if (found !== null) return found;
  }
  return null;
}
