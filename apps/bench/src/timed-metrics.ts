/**
 * The metrics that the suite `metrics` times, and how it asks for one.
 */
export const TIMED_METRICS = ['bleu', 'chrf', 'chrf++', 'ter'] as const;

export interface MetricRequest {
  readonly metric: (typeof TIMED_METRICS)[number];
  /** Pairs from start up to end. */
  readonly start: number;
  readonly end: number;
}
