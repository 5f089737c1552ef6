import { expect, test } from 'vitest';
import { MARCO_LANGUAGES } from '../languages/marco-languages.ts';
import { UDHR_PRIMARY_PAGES } from '../languages/udhr-languages.ts';
import { declarationDocuments } from '../readers/declaration-documents.ts';
import { readUdhr } from '../readers/read-udhr.ts';
import { mojibakeRepair, repairMojibake } from './repair-mojibake.ts';

/** Reads UTF-8 as Windows-1252, as a careless program does. */
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const damage = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => (byte >= 0x80 && byte < 0xa0 ? HIGH[byte - 0x80]! : String.fromCharCode(byte)))
    .join('');

test.each([
  ['cafÃ© crÃ¨me', 'café crème'],
  ['I donâ€™t â€œknowâ€\u009d â€“ do you', 'I don’t “know” – do you'],
  ['Ã¼ber 20 Â°C fÃ¼r 5 â‚¬', 'über 20 °C für 5 €'],
  ['ÐŸÑ€Ð¸Ð²ÐµÑ‚ Ð¼Ð¸Ñ€', 'Привет мир'],
  ['zwiÄ…zane z nim pÅ‚yty, Müller', 'związane z nim płyty, Müller'],
  ['Ã\u0083Â© twice', 'é twice'],
  ['ï»¿start', 'start'],
  ['ðŸ˜€ fine', '😀 fine'],
])('%s is repaired', (damaged, expected) => {
  expect(repairMojibake(damaged).text).toBe(expected);
});

test.each([
  'CAFÉ— OUVERT',
  'AMANHÃ” disse, IRMÃ…',
  '« café…” voilà »',
  'das Ä“ und „Ö“ – Ü’s',
  'Voilà\u00a0: l’été…',
  'São Paulo, MANHÃ\u00a0DE',
  'Ångström Å, Ö½',
  'NGƯỜI “Â” VIỆT',
  'gárgedusa nášš, nášš ja oovtviärdásâžžân',
])('%s stays', (text) => {
  expect(repairMojibake(text)).toEqual({ text, numRepairs: 0 });
});

test('correct text of the 29 languages is never changed, and nearly all of it comes back when damaged', async () => {
  const pages = MARCO_LANGUAGES.map(({ code }) => UDHR_PRIMARY_PAGES[code]!);
  let numDamaged = 0;
  let numBack = 0;
  for await (const declaration of readUdhr({ pages })) {
    for (const { text } of declarationDocuments(declaration)) {
      expect(repairMojibake(text).text).toBe(text);
      if (damage(text) === text) continue;
      numDamaged++;
      if (repairMojibake(damage(text)).text === text) numBack++;
    }
  }
  expect(numDamaged).toBeGreaterThan(700);
  expect(numBack / numDamaged).toBeGreaterThan(0.99);
});

test('the filter counts the characters it put back', () => {
  const check = (text: string) => mojibakeRepair().check({ id: 'x', text, language: 'fra_Latn', metadata: {} });
  expect(check('cafÃ©')).toEqual({ keep: true, text: 'café', edits: { repaired_characters: 1 } });
  expect(check('café')).toEqual({ keep: true });
});
