/**
 * Which language a text is in: multinomial naive Bayes over hashed character n-grams, among the languages written in the text's script.
 *
 * Source: Cavnar and Trenkle 1994 and Lui and Baldwin 2012 (langid.py) for n-grams with naive Bayes; the hashing trick of Weinberger et al.
 * 2009; Jelinek-Mercer smoothing with the mean of all languages, P(g|c) = (1 - w) p_c(g) + w p(g), so that an n-gram new to a language costs
 * it the same whether its training text was long or short. Then log P(g|c) - log(w p(g)) = log(1 + (1 - w)/w · p_c(g)/p(g)) is 0 where the
 * language lacks the n-gram: only the postings of an n-gram are touched.
 * Shapes: NUM_BUCKETS buckets, E postings; the postings of bucket b are [offsets[b], offsets[b + 1]).
 * Units: a posting's weight is that logarithm in steps of WEIGHT_STEP nats.
 */
import { detectScript } from '../languages/detect-script.ts';
import { NUM_BUCKETS } from './character-ngrams.ts';
import { countMarkers, hasMarkers } from './marker-words.ts';
import type { NGramCounts } from './ngram-counts.ts';
import { createNGramScorer, type NGramPostings } from './ngram-scorer.ts';

/** The answer of an identifier: its best language, the next best, and how sure it is of both. */
export interface Identification {
  /** For example `swh_Latn`; `und_<script>` when no trained language is written in the text's script. */
  readonly language: string;
  /** 0 to 1: posterior among the languages of the script, flattened because overlapping n-grams are not independent. */
  readonly confidence: number;
  readonly runnerUp: string | null;
  /** On the same scale; 0 without a runner-up. */
  readonly runnerUpConfidence: number;
  /** ISO 15924 code of the text's script. */
  readonly script: string;
}

/** Which answers are possible. */
export interface IdentifyOptions {
  /** Only these languages are possible. */
  readonly languages?: ReadonlySet<string>;
  /** Whether words that tell close relatives apart count (`marker-words.ts`); true without it. */
  readonly markerWords?: boolean;
}

/** What curation needs of any identifier: this package's own, or a fastText model. */
export interface LanguageIdentifier {
  /** What it can answer. */
  readonly languages: readonly string[];
  /** The most likely language of a text. */
  identify(text: string, options?: IdentifyOptions): Identification;
}

/** An identifier that `trainLanguageIdentifier` made, which can be kept as JSON. */
export interface TrainedLanguageIdentifier extends LanguageIdentifier {
  /** The identifier as JSON that another program can load. */
  toJson(): LanguageIdentifierJson;
}

/** A trained identifier as JSON, for `languageIdentifierFromJson`. */
export interface LanguageIdentifierJson {
  readonly formatVersion: 2;
  readonly languages: readonly string[];
  /** Nats by language. */
  readonly priors: readonly number[];
  /** Base64 of Uint32 [NUM_BUCKETS + 1], Uint16 [E] and Uint8 [E]. */
  readonly offsets: string;
  readonly postingLanguages: string;
  readonly postingWeights: string;
}

/** Share w of the mean of all languages in each language's distribution. */
const SMOOTHING = 0.1;
/** Naive Bayes counts each letter about once per order and overlap; this undoes it, fitted to held-out UDHR articles. */
const INDEPENDENCE = 0.06;
const WEIGHT_STEP = 1 / 24;
/** What one marker word says for its languages, chosen on Tatoeba and NTREX. */
const MARKER_NATS = 40;

/** Scripts that one writing system mixes or that cannot be told apart letter by letter. */
const SCRIPT_GROUPS: Readonly<Record<string, string>> = { Hans: 'Hani', Hant: 'Hani', Hani: 'Hani' };
const groupOf = (script: string): string => SCRIPT_GROUPS[script] ?? script;

/** The indices of the highest score and of the next; -1 where there is none. */
function twoBest(scores: Float64Array, candidates: readonly number[]): [best: number, second: number] {
  let best = -1;
  let second = -1;
  for (const index of candidates) {
    if (best < 0 || scores[index]! > scores[best]!) {
      second = best;
      best = index;
    } else if (second < 0 || scores[index]! > scores[second]!) second = index;
  }
  return [best, second];
}

interface Model extends NGramPostings {
  readonly languages: readonly string[];
  /** Logarithms of prior odds, in nats. */
  readonly priors: readonly number[];
}

const toBase64 = (array: Uint8Array | Uint16Array | Uint32Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
const fromBase64 = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text, 'base64')).buffer;

function fromModel(model: Model): TrainedLanguageIdentifier {
  const { languages, priors, offsets, postingLanguages, postingWeights } = model;
  const indexOf = new Map(languages.map((language, index) => [language, index]));
  const byScript = new Map<string, number[]>();
  for (const [index, language] of languages.entries()) {
    const group = groupOf(language.slice(-4));
    const members = byScript.get(group);
    if (members === undefined) byScript.set(group, [index]);
    else members.push(index);
  }
  const frequentGroup = [...byScript.values()].reduce((most, next) => (next.length > most.length ? next : most));
  const scorer = createNGramScorer(model, languages.length, frequentGroup);

  const identify = (text: string, options: IdentifyOptions = {}): Identification => {
    const { script, share } = detectScript(text);
    const group = byScript.get(groupOf(script)) ?? [];
    const wanted = options.languages;
    const candidates = wanted === undefined ? group : group.filter((index) => wanted.has(languages[index]!));
    if (candidates.length === 0)
      return { language: `und_${script}`, confidence: 0, runnerUp: null, runnerUpConfidence: 0, script };
    const scores = scorer.score(text, group === frequentGroup);
    for (const index of candidates) scores[index]! += priors[index]! / WEIGHT_STEP;
    let [best, second] = twoBest(scores, candidates);
    if (options.markerWords !== false && hasMarkers(languages[best]!)) {
      for (const [language, count] of countMarkers(text)) {
        const index = indexOf.get(language);
        if (index !== undefined) scores[index]! += (count * MARKER_NATS) / WEIGHT_STEP;
      }
      [best, second] = twoBest(scores, candidates);
    }
    const relative = (index: number): number =>
      Math.exp((scores[index]! - scores[best]!) * (INDEPENDENCE * WEIGHT_STEP));
    let sum = 0;
    for (const index of candidates) sum += relative(index);
    return {
      language: languages[best]!,
      confidence: share / sum,
      runnerUp: second < 0 ? null : languages[second]!,
      runnerUpConfidence: second < 0 ? 0 : (share * relative(second)) / sum,
      script,
    };
  };
  return {
    languages,
    identify,
    toJson: () => ({
      formatVersion: 2,
      languages,
      priors,
      offsets: toBase64(offsets),
      postingLanguages: toBase64(postingLanguages),
      postingWeights: toBase64(postingWeights),
    }),
  };
}

/**
 * @param counts n-gram counts of each language's training text, by language
 * @param priorOf nats that a language has over others before anything is read; 0 for all when absent
 */
export function languageIdentifierFromCounts(
  counts: ReadonlyMap<string, NGramCounts>,
  priorOf: (language: string) => number = () => 0,
): TrainedLanguageIdentifier {
  const languages = [...counts.keys()];
  const offsets = new Uint32Array(NUM_BUCKETS + 1);
  for (const { buckets } of counts.values()) for (const bucket of buckets) offsets[bucket + 1]!++;
  for (let bucket = 0; bucket < NUM_BUCKETS; bucket++) offsets[bucket + 1]! += offsets[bucket]!;
  const numPostings = offsets[NUM_BUCKETS]!;
  const mean = new Float64Array(NUM_BUCKETS);
  for (const { buckets, counts: values, total } of counts.values()) {
    const scale = 1 / (total * languages.length);
    for (let i = 0; i < buckets.length; i++) mean[buckets[i]!]! += values[i]! * scale;
  }
  const postingLanguages = new Uint16Array(numPostings);
  const postingWeights = new Uint8Array(numPostings);
  const filled = offsets.slice();
  const odds = (1 - SMOOTHING) / SMOOTHING;
  for (const [index, language] of languages.entries()) {
    const { buckets, counts: values, total } = counts.get(language)!;
    for (let i = 0; i < buckets.length; i++) {
      const bucket = buckets[i]!;
      const position = filled[bucket]!++;
      const weight = Math.log1p((odds * values[i]!) / (total * mean[bucket]!));
      postingLanguages[position] = index;
      postingWeights[position] = Math.min(255, Math.round(weight / WEIGHT_STEP));
    }
  }
  return fromModel({ languages, priors: languages.map(priorOf), offsets, postingLanguages, postingWeights });
}

/** @throws Error when the JSON is no identifier of this version or its arrays do not fit together */
export function languageIdentifierFromJson(json: LanguageIdentifierJson): TrainedLanguageIdentifier {
  const refuse = (rule: string, got: string): Error =>
    new Error(`[@marco-ts/data] languageIdentifierFromJson: ${rule}, got ${got}. Train the identifier again.`);
  if (json?.formatVersion !== 2) throw refuse('formatVersion must be 2', JSON.stringify(json?.formatVersion ?? null));
  const model: Model = {
    languages: json.languages,
    priors: json.priors,
    offsets: new Uint32Array(fromBase64(json.offsets)),
    postingLanguages: new Uint16Array(fromBase64(json.postingLanguages)),
    postingWeights: new Uint8Array(fromBase64(json.postingWeights)),
  };
  if (model.priors?.length !== model.languages.length)
    throw refuse('every language must have a prior', `${model.priors?.length} for ${model.languages.length}`);
  const numPostings = model.offsets[NUM_BUCKETS];
  if (model.offsets.length !== NUM_BUCKETS + 1) {
    throw refuse(`there must be ${NUM_BUCKETS + 1} offsets`, `${model.offsets.length}`);
  }
  if (numPostings !== model.postingLanguages.length || numPostings !== model.postingWeights.length) {
    throw refuse(`there must be ${numPostings} postings`, `${model.postingLanguages.length}`);
  }
  if (model.postingLanguages.some((language) => language >= model.languages.length)) {
    throw refuse('postings must name a language', 'an index past the end');
  }
  return fromModel(model);
}
