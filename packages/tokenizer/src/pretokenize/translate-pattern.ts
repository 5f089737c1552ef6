/**
 * Rewrites an Oniguruma split pattern as a JavaScript one (flag `v`) that matches the same text.
 *
 * Letters, numbers and spaces come from the reference's own tables; other properties are the engine's, less the characters that are
 * unassigned to the reference. `(?i:...)` is spelled out. What has no equal in JavaScript is refused by name.
 */
import { tokenizerError } from '../tokenizer-error.ts';
import { classBody } from './unicode-classes.ts';

/** @throws Error naming the construct that cannot be carried over */
export function translatePattern(pattern: string): RegExp {
  const refuse = (what: string): never => {
    throw tokenizerError(
      'createTokenizer',
      'the split pattern must be expressible in JavaScript',
      `${what} in ${JSON.stringify(pattern)}`,
      'Rewrite the pattern without it, or open an issue naming the model.',
    );
  };
  let out = '';
  let i = 0;
  const ignoreCase: boolean[] = [];
  const isFolding = () => ignoreCase.includes(true);

  const literal = (char: string, inClass: boolean): string => {
    const escaped =
      /[\\^$.*+?()[\]{}|/]/.test(char) || (inClass && /[&\-!#%,:;<=>@`~]/.test(char)) ? `\\${char}` : char;
    if (isFolding() && char > '\x7f' && /\p{Cased}/u.test(char)) return refuse(`${char} inside (?i:`);
    if (!isFolding() || !/[a-z]/i.test(char)) return escaped;
    const lower = char.toLowerCase();
    const cases = `${lower}${lower.toUpperCase()}${lower === 's' ? '\\u017f' : ''}${lower === 'k' ? '\\u212a' : ''}`;
    return inClass ? cases : `[${cases}]`;
  };

  const escapeSequence = (inClass: boolean): string => {
    const kind = pattern[i + 1];
    if (kind === undefined) return refuse('a trailing backslash');
    i += 2;
    if (kind === 'p' || kind === 'P') {
      const match = /^\{(\^?)([A-Za-z_= ]+)\}/.exec(pattern.slice(i));
      if (!match) return refuse(`\\${kind} without a property name`);
      i += match[0].length;
      return propertyClass(match[2]!, (kind === 'P') !== (match[1] === '^'), refuse);
    }
    if (kind === 's') return `[${classBody('spaces')}]`;
    if (kind === 'S') return `[^${classBody('spaces')}]`;
    if (kind === 'd') return propertyClass('Nd', false, refuse);
    if (kind === 'D') return propertyClass('Nd', true, refuse);
    if (kind === 'w' || kind === 'W') {
      // Oniguruma counts the Latin-1 fractions and raised digits as word characters, but not inside a class
      const word = `[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}${inClass ? '' : '²³¹¼½¾'}]--[${classBody('unassigned')}]`;
      return `[${kind === 'W' ? '^' : ''}[${word}]]`;
    }
    if (kind === 'r' || kind === 'n' || kind === 't' || kind === 'f' || kind === 'v') return `\\${kind}`;
    if (kind === 'u' || kind === 'x') {
      const match = (kind === 'u' ? /^([0-9A-Fa-f]{4})/ : /^\{([0-9A-Fa-f]+)\}|^([0-9A-Fa-f]{2})/).exec(
        pattern.slice(i),
      );
      if (!match) return refuse(`\\${kind}`);
      i += match[0].length;
      return `\\u{${match[1] ?? match[2]}}`;
    }
    if (/[A-Za-z0-9]/.test(kind)) return refuse(`\\${kind}`);
    return literal(kind, inClass);
  };

  const characterClass = (): string => {
    let body = '[';
    i++;
    if (pattern[i] === '^') {
      body += '^';
      i++;
    }
    const first = i;
    for (;;) {
      const char = pattern[i];
      if (char === undefined) return refuse('an unclosed character class');
      if (char === ']' && i > first) break;
      if (char === '[') {
        if (pattern[i + 1] === ':') return refuse('a POSIX bracket');
        body += characterClass();
      } else if (char === '&' && pattern[i + 1] === '&') {
        return refuse('&& in a character class');
      } else if (char === '\\') {
        body += escapeSequence(true);
      } else if (char === '-' && i > first && pattern[i + 1] !== ']') {
        if (isFolding()) return refuse('a range inside (?i:');
        body += '-';
        i++;
      } else {
        const whole = String.fromCodePoint(pattern.codePointAt(i)!);
        body += literal(whole, true);
        i += whole.length;
      }
    }
    i++;
    return `${body}]`;
  };

  while (i < pattern.length) {
    const char = pattern[i]!;
    if (char === '\\') out += escapeSequence(false);
    else if (char === '[') out += characterClass();
    else if (char === '(') {
      const opening = /^\((?:\?(?::|=|!|<=|<!|i:|>|[^)]*))?/.exec(pattern.slice(i))![0];
      if (opening === '(?i:') out += '(?:';
      else if (opening === '(') out += '(?:';
      else if (/^\(\?(?::|=|!|<=|<!)$/.test(opening)) out += opening;
      else refuse(opening);
      ignoreCase.push(opening === '(?i:');
      i += opening.length;
    } else if (char === ')') {
      if (ignoreCase.length === 0) refuse('an unopened )');
      ignoreCase.pop();
      out += ')';
      i++;
    } else if (char === '.') {
      out += '[^\\n]';
      i++;
    } else if (char === '^') {
      out += '(?<![^\\n])';
      i++;
    } else if (char === '$') {
      out += '(?![^\\n])';
      i++;
    } else if (char === '*' || char === '+' || char === '?' || char === '{') {
      const match = /^(?:[*+?]|\{\d*(?:,\d*)?\})\??/.exec(pattern.slice(i));
      if (!match || match[0] === '{}' || match[0] === '{,}') refuse('a { that is no repetition');
      const quantifier = match![0];
      i += quantifier.length;
      if (pattern[i] === '+' && !quantifier.startsWith('{')) refuse('a possessive repetition');
      out += quantifier.replace('{,', '{0,');
    } else if (char === '|') {
      out += '|';
      i++;
    } else {
      const whole = String.fromCodePoint(pattern.codePointAt(i)!);
      out += literal(whole, false);
      i += whole.length;
    }
  }
  if (ignoreCase.length > 0) refuse('an unclosed (');
  return new RegExp(out, 'gv');
}

const GENERAL_CATEGORY = /^(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfo])$/;

function propertyClass(name: string, isNegated: boolean, refuse: (what: string) => never): string {
  const caret = isNegated ? '^' : '';
  if (name === 'L' || name === 'Letter') return `[${caret}${classBody('letters')}]`;
  if (name === 'N' || name === 'Number') return `[${caret}${classBody('numbers')}]`;
  const property = GENERAL_CATEGORY.test(name) ? name : `Script=${name.replace(/^Script=/, '')}`;
  try {
    new RegExp(`\\p{${property}}`, 'v');
  } catch {
    return refuse(`\\p{${name}}`);
  }
  return `[${caret}[\\p{${property}}--[${classBody('unassigned')}]]]`;
}
