/** Names for people: of languages, tiers, mixture sources and translation directions. */

const SOURCE_NAMES: Readonly<Record<string, string>> = {
  english: 'English',
  chinese: 'Chinese',
  high: 'Other high-resource',
  low: 'Low-resource',
  parallel: 'Parallel',
  knowledge: 'Knowledge',
  synthetic: 'Synthetic',
  translation: 'Translation',
  language_naming: 'Naming the language',
  continuation: 'Continuation',
  replay: 'Replayed pretraining text',
  all: 'All',
  other: 'Other',
};

/** Languages that the runtime's own table lacks. */
const OTHER_LANGUAGES: Readonly<Record<string, string>> = {
  quy: 'Ayacucho Quechua',
  quz: 'Cusco Quechua',
  fuf: 'Pular',
};

const languages = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
const scripts = new Intl.DisplayNames('en', { type: 'script', fallback: 'none' });

/** `swh_Latn` -> `Swahili`; a script is added where it is not the language's usual one; unknown codes stay as they are */
export function languageName(code: string): string {
  const [language, script] = code.split('_');
  try {
    const name = language === undefined ? undefined : (languages.of(language) ?? OTHER_LANGUAGES[language]);
    if (name === undefined) return code;
    const usual = new Intl.Locale(language!).maximize().script;
    // Korean's usual script is Hangul with Han; text in Hangul alone is not another way of writing it.
    if (script === undefined || usual === script || (usual === 'Kore' && script === 'Hang')) return name;
    return `${name} (${scripts.of(script) ?? script})`;
  } catch {
    return code;
  }
}

/** A tier or mixture source; a language's name for anything that is one. */
export function sourceName(source: string): string {
  return SOURCE_NAMES[source] ?? languageName(source);
}

/** `eng_Latn>swh_Latn` -> `English → Swahili` */
export function directionName(direction: string): string {
  return direction.split('>').map(languageName).join(' → ');
}

/** The BCP 47 tag of a language code, for the `lang` attribute. */
export function languageTag(code: string): string {
  return code.replace('_', '-');
}

/** Class that colours a tier or mixture source, the same all over the report. */
export function sourceClass(source: string): string {
  return source in SOURCE_NAMES ? `source-${source}` : 'source-other';
}
