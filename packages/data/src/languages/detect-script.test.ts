import { expect, test } from 'vitest';
import { countScripts, detectScript } from './detect-script.ts';

test.each([
  ['All human beings are born free', 'Latn'],
  ['Все люди рождаются свободными', 'Cyrl'],
  ['يولد جميع الناس أحراراً', 'Arab'],
  ['सभी मनुष्यों को गौरव', 'Deva'],
  ['সমস্ত মানুষ স্বাধীনভাবে', 'Beng'],
  ['すべての人間は、生まれながらにして自由であり', 'Jpan'],
  ['モーレツ', 'Jpan'],
  ['모든 인간은 태어날 때부터', 'Hang'],
  ['大韓民國의 主權은 國民에게 있고', 'Hang'],
  ['人人生而自由，在尊严和权利上一律平等', 'Hans'],
  ['人人生而自由，在尊嚴和權利上一律平等', 'Hant'],
  ['人人生而自由', 'Hani'],
  ['มนุษย์ทั้งหลายเกิดมา', 'Thai'],
  ['የሰው ልጅ ሁሉ', 'Ethi'],
  ['𞤋𞤲𞤫𞤫𞤯𞤫', 'Adlm'],
  ['12, 34!', 'Zyyy'],
])('%s is %s', (text, script) => {
  expect(detectScript(text).script).toBe(script);
});

test('the share counts letters of the winning script only', () => {
  expect(detectScript('abcd где').share).toBeCloseTo(4 / 7);
  expect([...countScripts('ab где')]).toEqual([
    ['Latn', 2],
    ['Cyrl', 3],
  ]);
});
