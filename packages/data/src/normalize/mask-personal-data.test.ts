import { expect, test } from 'vitest';
import { maskPersonalData, personalDataMasking } from './mask-personal-data.ts';

test.each([
  ['Call +49 30 901820 today', 'phone', 'Call +1 202-555-0143 today'],
  ['Call +1 (212) 555-7890.', 'phone', 'Call +1 202-555-0143.'],
  ['IBAN DE89 3704 0044 0532 0130 00, please', 'iban', 'IBAN GB33BUKB20201555555555, please'],
  ['IBAN FR1420041010050500013M02606.', 'iban', 'IBAN GB33BUKB20201555555555.'],
  ['Card 5555 5555 5555 4444!', 'payment_card', 'Card 4111 1111 1111 1111!'],
  ['Card 378282246310005', 'payment_card', 'Card 4111 1111 1111 1111'],
  ['Host 2a00:1450:4001:81b::200e is up', 'ip_address', 'Host 2001:db8::1 is up'],
])('%s: %s', (text, kind, expected) => {
  const masked = maskPersonalData(text);
  expect(masked.text).toBe(expected);
  expect(masked.counts).toEqual({ [kind]: 1 });
});

test.each([
  'IBAN DE89 3704 0044 0532 0130 01 has a wrong check digit',
  'Order 1234 5678 9012 3456 fails Luhn',
  'Zeros 0000 0000 0000 0000',
  'On 2024-05-06 at 12:30:45 we paid +5 and +12.5 %',
  'Prices 4111.1111 and 1+1=2, C++ and std::string',
  'Link-local fe80::1, loopback ::1, time 10::30, documentation 2001:db8::7',
  'Version 10.0.0.1 and 192.168.0.1',
])('%s stays', (text) => {
  expect(maskPersonalData(text)).toEqual({ text, counts: {} });
});

test('placeholders come in turn; masking again changes and counts nothing', () => {
  const once = maskPersonalData('a@b.org c@d.org e@f.org 9.9.9.9 2a00:1450::1 2a00:1450::2');
  expect(once.text).toBe(
    'email@example.com firstname.lastname@example.org email@example.com 22.214.171.124 2001:db8::1 2001:db8::2',
  );
  expect(once.counts).toEqual({ email: 3, ip_address: 3 });
  expect(maskPersonalData(once.text)).toEqual({ text: once.text, counts: {} });
});

test('kinds and placeholders can be chosen', () => {
  const text = 'a@b.org, +49 30 901820, 10.0.0.1';
  expect(maskPersonalData(text, { kinds: new Set(['email']), placeholders: { email: ['<mail>'] } }).text).toBe(
    '<mail>, +49 30 901820, 10.0.0.1',
  );
  expect(maskPersonalData(text, { onlyPublicAddresses: false }).counts.ip_address).toBe(1);
});

test('the filter counts by kind', () => {
  const verdict = personalDataMasking().check({ id: 'x', text: 'a@b.org', language: 'eng_Latn', metadata: {} });
  expect(verdict).toEqual({ keep: true, text: 'email@example.com', edits: { masked_email: 1 } });
});

test('a megabyte without spaces takes linear time', () => {
  const run = 'a-b.'.repeat(250_000);
  expect(maskPersonalData(`${run}@${run}`).text.length).toBeGreaterThan(1_000_000);
  expect(maskPersonalData('1 '.repeat(200_000)).counts).toEqual({});
});
