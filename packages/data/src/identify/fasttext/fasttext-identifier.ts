/**
 * A fastText model that the user brings, such as lid.176 or GlotLID, as a language identifier.
 *
 * Source: datatrove's FT176LID and GlotLID: one line of text, the two best labels.
 */
import { detectScript } from '../../languages/detect-script.ts';
import { languageCodeOf } from '../../languages/iso-639-1.ts';
import type { Identification, IdentifyOptions, LanguageIdentifier } from '../language-identifier.ts';
import type { FastTextModel, FastTextPrediction } from './fasttext-model.ts';

/** What labels mean, and how much of a text is looked at. */
export interface FastTextIdentifierOptions {
  /** From a label to a code such as `swh_Latn`; two-letter labels take the script of the text when absent. */
  readonly languageOf?: (label: string, text: string) => string;
  /** Only so many code units from the beginning are looked at. */
  readonly maxLength?: number;
}

const DEFAULT_MAX_LENGTH = 20_000;

/** @returns an identifier whose languages are the model’s labels, as codes with script */
export function fastTextIdentifier(model: FastTextModel, options: FastTextIdentifierOptions = {}): LanguageIdentifier {
  const { languageOf = languageCodeOf, maxLength = DEFAULT_MAX_LENGTH } = options;
  return {
    languages: model.labels,
    identify(text, { languages }: IdentifyOptions = {}): Identification {
      const line = text.slice(0, maxLength).replace(/\s+/g, ' ');
      const { script } = detectScript(line);
      const numLabels = languages === undefined ? 2 : model.labels.length;
      const found: (FastTextPrediction & { readonly language: string })[] = [];
      for (const prediction of model.predict(line, { numLabels })) {
        const language = languageOf(prediction.label, line);
        if (languages?.has(language) ?? true) found.push({ ...prediction, language });
        if (found.length === 2) break;
      }
      const [best, second] = found;
      return {
        language: best?.language ?? `und_${script}`,
        confidence: best?.probability ?? 0,
        runnerUp: second?.language ?? null,
        runnerUpConfidence: second?.probability ?? 0,
        script,
      };
    },
  };
}
