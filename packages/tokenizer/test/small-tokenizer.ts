/** A tokenizer trained on a few lines, for unit tests. */
import { trainTokenizer } from '../src/index.ts';

export const SMALL_TEXTS = [
  'The quick brown fox jumps over the lazy dog. The dog sleeps; the fox does not.',
  'Всеобщая декларация прав человека. Все люди рождаются свободными и равными.',
  '人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。',
  'मानवाधिकारों की सार्वभौम घोषणा सभी मनुष्यों को गौरव और अधिकारों के मामले में स्वतन्त्रता',
  'มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกัน',
  '<|im_start|>user\nHello there<|im_end|>\n',
];

export const smallTokenizer = trainTokenizer(Array.from({ length: 4 }, () => SMALL_TEXTS).flat(), { vocabSize: 480 });
