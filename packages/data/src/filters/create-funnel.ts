/**
 * Counts what was read, kept and dropped, by reason and language, so that cleaning can be audited.
 *
 * Law: kept + dropped = read, in total and for each language. Edits (lines taken out, addresses masked) are counted beside the documents.
 */

export interface FunnelReport {
  readonly read: number;
  readonly kept: number;
  readonly dropped: number;
  /** Drops by reason, most frequent first. */
  readonly droppedByReason: Readonly<Record<string, number>>;
  /** What filters changed inside of documents, most frequent first. */
  readonly edits: Readonly<Record<string, number>>;
  readonly languages: Readonly<Record<string, FunnelLanguage>>;
}

/** The counts of one language. */
export interface FunnelLanguage {
  readonly read: number;
  readonly kept: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** Absent where nothing was changed. */
  readonly edits?: Readonly<Record<string, number>>;
}

/** The running counts of a cleaning. */
export interface Funnel {
  /** One document came in; every one of them must later be kept or dropped once. */
  read(language: string): void;
  /** The document passed everything. */
  kept(language: string): void;
  /** The document was dropped, for this reason. */
  dropped(language: string, reason: string): void;
  /** Something inside of a document was changed `count` times; the document itself is counted apart. */
  edited(language: string, edit: string, count: number): void;
  /** Adds another funnel's counts, for example another rank's. */
  add(report: FunnelReport): void;
  /** @throws Error when some document was neither kept nor dropped, or both */
  toJson(): FunnelReport;
  /** Plain text: a row per language, then the totals; `maxLanguages` and `maxReasons` keep the largest and sum up the rest. */
  toTable(options?: { readonly maxLanguages?: number; readonly maxReasons?: number }): string;
}

interface LanguageCounts {
  read: number;
  kept: number;
  dropped: Map<string, number>;
  edits: Map<string, number>;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

const addTo = (counts: Map<string, number>, key: string, count: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + count);
};

const sortedByCount = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));

function pad(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}

/** An empty funnel; `applyFilters`, `exactDedup` and `minhashDedup` count into the one they are given. */
export function createFunnel(): Funnel {
  const languages = new Map<string, LanguageCounts>();
  const countsOf = (language: string): LanguageCounts => {
    let counts = languages.get(language);
    if (counts === undefined) {
      counts = { read: 0, kept: 0, dropped: new Map(), edits: new Map() };
      languages.set(language, counts);
    }
    return counts;
  };
  const toJson = (): FunnelReport => {
    const reasons = new Map<string, number>();
    const edits = new Map<string, number>();
    for (const [language, counts] of languages) {
      const dropped = sum(counts.dropped.values());
      if (counts.kept + dropped !== counts.read) {
        throw new Error(
          `[@marco-ts/data] createFunnel: kept + dropped must equal read, got ${counts.kept} + ${dropped} for ${counts.read} documents of ${language}. Count each document once.`,
        );
      }
      for (const [reason, count] of counts.dropped) addTo(reasons, reason, count);
      for (const [edit, count] of counts.edits) addTo(edits, edit, count);
    }
    const dropped = sum(reasons.values());
    return {
      read: sum([...languages.values()].map((counts) => counts.read)),
      kept: sum([...languages.values()].map((counts) => counts.kept)),
      dropped,
      droppedByReason: Object.fromEntries(sortedByCount(reasons)),
      edits: Object.fromEntries(sortedByCount(edits)),
      languages: Object.fromEntries(
        [...languages]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([language, counts]) => [
            language,
            {
              read: counts.read,
              kept: counts.kept,
              dropped: Object.fromEntries(sortedByCount(counts.dropped)),
              ...(counts.edits.size === 0 ? {} : { edits: Object.fromEntries(sortedByCount(counts.edits)) }),
            },
          ]),
      ),
    };
  };
  return {
    read: (language) => {
      countsOf(language).read++;
    },
    kept: (language) => {
      countsOf(language).kept++;
    },
    dropped: (language, reason) => addTo(countsOf(language).dropped, reason, 1),
    edited: (language, edit, count) => addTo(countsOf(language).edits, edit, count),
    add: (report) => {
      for (const [language, other] of Object.entries(report.languages)) {
        const counts = countsOf(language);
        counts.read += other.read;
        counts.kept += other.kept;
        for (const [reason, count] of Object.entries(other.dropped)) addTo(counts.dropped, reason, count);
        for (const [edit, count] of Object.entries(other.edits ?? {})) addTo(counts.edits, edit, count);
      }
    },
    toJson,
    toTable: (options = {}) => {
      const report = toJson();
      const allReasons = Object.keys(report.droppedByReason);
      const reasons = allReasons.slice(0, options.maxReasons ?? allReasons.length);
      const rest = allReasons.slice(reasons.length);
      const entries = Object.entries(report.languages).sort(([, a], [, b]) => b.read - a.read);
      const shown = entries.slice(0, options.maxLanguages ?? entries.length);
      const row = (name: string, read: number, kept: number, dropped: Readonly<Record<string, number>>): string[] => [
        name,
        `${read}`,
        `${kept}`,
        ...reasons.map((reason) => `${dropped[reason] ?? ''}`),
        ...(rest.length === 0 ? [] : [`${sum(rest.map((reason) => dropped[reason] ?? 0)) || ''}`]),
      ];
      const rows = [
        ['language', 'read', 'kept', ...reasons, ...(rest.length === 0 ? [] : [`${rest.length} other reasons`])],
        ...shown.map(([language, counts]) => row(language, counts.read, counts.kept, counts.dropped)),
      ];
      if (shown.length < entries.length) {
        const others = entries.slice(shown.length);
        const dropped: Record<string, number> = {};
        for (const [, counts] of others) {
          for (const [reason, count] of Object.entries(counts.dropped))
            dropped[reason] = (dropped[reason] ?? 0) + count;
        }
        rows.push(
          row(`${others.length} more`, sum(others.map(([, c]) => c.read)), sum(others.map(([, c]) => c.kept)), dropped),
        );
      }
      rows.push(row('all', report.read, report.kept, report.droppedByReason));
      return pad(rows);
    },
  };
}
