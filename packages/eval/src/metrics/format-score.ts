/**
 * A score as sacrebleu prints it: one line, or its JSON record.
 *
 * Source: `sacrebleu.metrics.base.Score.format`.
 */
import { pythonFixed } from '../python-text.ts';

/** What is needed to print a score as sacrebleu does. */
export interface PrintableScore {
  readonly name: string;
  readonly score: number;
  readonly signature: string;
  readonly verbose?: string;
}

/** `BLEU|nrefs:1|...|version:2.6.0+ts = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ...)` */
export function formatScore(score: PrintableScore, digits = 2): string {
  return `${score.name}|${score.signature} = ${pythonFixed(score.score, digits)}${score.verbose ? ` ${score.verbose}` : ''}`;
}

/** The fields of `sacrebleu --format json`: name, score, signature, verbose_score and the signature's own keys. */
export function scoreRecord(score: PrintableScore, digits = 2): Record<string, string | number> {
  const record: Record<string, string | number> = {
    name: score.name,
    score: Number(pythonFixed(score.score, digits)),
    signature: score.signature,
  };
  if (score.verbose) record.verbose_score = score.verbose;
  for (const field of score.signature.split('|')) {
    const colon = field.indexOf(':');
    record[field.slice(0, colon)] = field.slice(colon + 1);
  }
  return record;
}
