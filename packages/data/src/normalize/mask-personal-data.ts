/**
 * Puts placeholders in the place of addresses and numbers that point to a person.
 *
 * Source: datatrove's PIIFormatter for mail and IPv4 addresses (patterns, public addresses only, placeholders in turn), RFC 4291 for IPv6,
 * ISO 13616 for bank accounts (check digits), ISO/IEC 7812 for payment cards (Luhn), ITU-T E.164 for phone numbers.
 * Differs: placeholders begin anew in each text, so that the result depends on nothing else and masking twice changes nothing more.
 */
import { isIPv6 } from 'node:net';
import { type DocumentFilter, KEEP, keepEdited } from '../filters/document-filter.ts';

/** What is looked for. */
export type PersonalDataKind = 'email' | 'ip_address' | 'iban' | 'payment_card' | 'phone';

/** The masked text, and how often each kind was found. */
export interface MaskedText {
  readonly text: string;
  readonly counts: Readonly<Partial<Record<PersonalDataKind, number>>>;
}

/** What is masked, and by what. */
export interface MaskPersonalDataOptions {
  /** All kinds when absent. */
  readonly kinds?: ReadonlySet<PersonalDataKind>;
  /** Placeholders by kind, used in turn; reserved example addresses and numbers when absent. */
  readonly placeholders?: Partial<Readonly<Record<PersonalDataKind, readonly string[]>>>;
  /** Leave addresses of private networks alone, as datatrove does. */
  readonly onlyPublicAddresses?: boolean;
}

/** Domains reserved by RFC 2606; datatrove's six IPv4 addresses, which answer nobody; numbers kept free for fiction and for tests. */
const PLACEHOLDERS: Readonly<Record<PersonalDataKind, readonly string[]>> = {
  email: ['email@example.com', 'firstname.lastname@example.org'],
  ip_address: ['22.214.171.124', '126.96.36.199', '188.8.131.52', '184.108.40.206', '220.127.116.11', '18.104.22.168'],
  iban: ['GB33BUKB20201555555555'],
  payment_card: ['4111 1111 1111 1111'],
  phone: ['+1 202-555-0143'],
};
const IPV6_PLACEHOLDERS = ['2001:db8::1', '2001:db8::2', '2001:db8::3'];

/** Python's `\b`, which knows letters of all scripts. */
const BOUNDARY = '(?:(?<![\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_])|(?<=[\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_]))';
const ATOM = "[A-Za-z0-9!#$%&'*+\\/=?^_`\\{\\|\\}~\\-]+";
const BYTE = '(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)';
const DOMAIN_PART = '[A-Za-z0-9](?:[A-Za-z0-9\\-]*[A-Za-z0-9])?';
const EMAIL = new RegExp(
  `${BOUNDARY}${ATOM}(?:\\.${ATOM})*@(?:(?:${DOMAIN_PART}\\.)+${DOMAIN_PART}|\\[(?:${BYTE}\\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?|[A-Za-z0-9\\-]*[A-Za-z0-9]:)\\])`,
  'gu',
);
const IPV4 = new RegExp(`(?:${BYTE}\\.){3}${BYTE}`, 'g');
const IPV6 = /(?<![\p{L}\p{N}_:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\p{L}\p{N}_:])/gu;
const IBAN = /(?<![\p{L}\p{N}])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![\p{L}\p{N}])/gu;
const CARD = /(?<![\p{L}\p{N}.,+-])[2-6][0-9]{3}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}(?![\p{L}\p{N}]|[.,-][0-9])/gu;
/** International form only: a plus sign and 8 to 15 digits; national forms cannot be told from other numbers. */
const PHONE = /(?<![\p{L}\p{N}+])\+[1-9][0-9]{0,2}(?:[ .\-/]?\(?[0-9]{1,4}\)?){2,6}(?![\p{L}\p{N}])/gu;

/** Around an @ in a run without spaces longer than this only so much is looked at: addresses are shorter. */
const MAX_TOKEN = 2048;
const MAX_EMAIL = 320;

/** IPv4 ranges that are no public addresses, as Python's `ipaddress` has them: [first, size of prefix]. */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 29],
  ['192.0.0.170', 31],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['240.0.0.0', 4],
];
const numberOf = (address: string): number => address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
const privateRanges = PRIVATE_IPV4.map(([first, prefix]) => {
  const start = numberOf(first);
  return { start, end: start + 2 ** (32 - prefix) };
});

/** Parts with leading zeros are no address for Python, and none here. */
const isIPv4 = (match: string): boolean => !/(?:^|\.)0[0-9]/.test(match);
const isPublicIPv4 = (match: string): boolean => {
  const value = numberOf(match);
  return !privateRanges.some(({ start, end }) => value >= start && value < end);
};
/** 2000::/3 is all that is given out; 2001:db8::/32 is for documentation. */
const isPublicIPv6 = (match: string): boolean => /^[23][0-9a-f]{3}:/i.test(match) && !/^2001:0?db8:/i.test(match);

/** ISO 13616: the number with letters as 10 to 35, rotated by four, is 1 modulo 97. */
function isIban(match: string): boolean {
  const compact = match.replaceAll(' ', '');
  if (compact.length < 15 || compact.length > 34) return false;
  let remainder = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

function isCard(match: string): boolean {
  const digits = match.replace(/[ -]/g, '');
  if (digits.length < 13 || digits.length > 19 || /^(.)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isPhone(match: string): boolean {
  const numDigits = match.replace(/[^0-9]/g, '').length;
  return numDigits >= 8 && numDigits <= 15;
}

/** Replaces mail addresses token by token: the pattern would be quadratic on long runs without spaces. */
function replaceEmails(text: string, replace: (match: string) => string): string {
  let result = '';
  let copied = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', Math.max(at + 1, copied))) {
    let start = at;
    let end = at + 1;
    while (start > copied && at - start < MAX_TOKEN && !/\s/.test(text[start - 1]!)) start--;
    while (end < text.length && end - at < MAX_TOKEN && !/\s/.test(text[end]!)) end++;
    if (end - start >= MAX_TOKEN) {
      start = Math.max(start, at - MAX_EMAIL);
      end = Math.min(end, at + MAX_EMAIL);
    }
    result += text.slice(copied, start) + text.slice(start, end).replace(EMAIL, replace);
    copied = end;
  }
  return result + text.slice(copied);
}

/**
 * The text with placeholders in the place of personal data.
 *
 * @param text any text; cost is linear in its length
 */
export function maskPersonalData(text: string, options: MaskPersonalDataOptions = {}): MaskedText {
  const { kinds, placeholders = {}, onlyPublicAddresses = true } = options;
  const counts: Partial<Record<PersonalDataKind, number>> = {};
  let result = text;
  const isWanted = (kind: PersonalDataKind): boolean => kinds?.has(kind) ?? true;
  const replacer = (kind: PersonalDataKind, choices: readonly string[], isValid: (match: string) => boolean) => {
    let next = 0;
    return (match: string): string => {
      if (!isValid(match)) return match;
      const placeholder = choices[next++ % choices.length]!;
      if (match !== placeholder) counts[kind] = (counts[kind] ?? 0) + 1;
      return placeholder;
    };
  };
  const choicesOf = (kind: PersonalDataKind): readonly string[] => placeholders[kind] ?? PLACEHOLDERS[kind];

  if (isWanted('email') && text.includes('@')) {
    result = replaceEmails(
      result,
      replacer('email', choicesOf('email'), () => true),
    );
  }
  if (!/[0-9:]/.test(text)) return { text: result, counts };
  if (isWanted('ip_address')) {
    const isWantedIPv4 = (match: string): boolean => isIPv4(match) && (!onlyPublicAddresses || isPublicIPv4(match));
    result = result.replace(IPV4, replacer('ip_address', choicesOf('ip_address'), isWantedIPv4));
    if (result.includes(':')) {
      const isWantedIPv6 = (match: string): boolean =>
        isIPv6(match) && match.length > 2 && (!onlyPublicAddresses || isPublicIPv6(match));
      result = result.replace(IPV6, replacer('ip_address', placeholders.ip_address ?? IPV6_PLACEHOLDERS, isWantedIPv6));
    }
  }
  if (isWanted('iban')) result = result.replace(IBAN, replacer('iban', choicesOf('iban'), isIban));
  if (isWanted('payment_card')) {
    result = result.replace(CARD, replacer('payment_card', choicesOf('payment_card'), isCard));
  }
  if (isWanted('phone') && result.includes('+')) {
    result = result.replace(PHONE, replacer('phone', choicesOf('phone'), isPhone));
  }
  return { text: result, counts };
}

/** A filter that keeps every document and counts what it masked as `masked_email`, `masked_phone` and so on. */
export function personalDataMasking(options: MaskPersonalDataOptions = {}): DocumentFilter {
  return {
    name: 'personal_data_masking',
    check({ text }) {
      const masked = maskPersonalData(text, options);
      if (masked.text === text) return KEEP;
      const edits = Object.entries(masked.counts).map(([kind, count]) => [`masked_${kind}`, count] as const);
      return keepEdited(masked.text, Object.fromEntries(edits));
    },
  };
}
