/** Where the text went: the funnel by reason and language, the mixture planned and used, and how the tokenizer splits each language. */
import { formatCount, formatDecimal, formatShare } from '../../format/format-quantity.ts';
import { barChart } from '../charts/bar-chart.ts';
import { legend } from '../charts/line-chart.ts';
import { languageName, sourceClass, sourceName } from '../display-names.ts';
import { type Html, html } from '../html/html.ts';
import type { RunResults } from '../run-results.ts';

const MAX_LOSS_ROWS = 7;
/** Languages that the recipe does not name. */
const OTHER = '';

export function funnelSection(results: RunResults): Html {
  const { funnel } = results;
  if (funnel.read === 0) return html``;
  const byReason = new Map<string, number>();
  for (const { reason, count } of funnel.dropped) byReason.set(reason, (byReason.get(reason) ?? 0) + count);
  const reasons = [...byReason].sort((a, b) => b[1] - a[1]);
  const label = (count: number): string => `${formatCount(count)} · ${formatShare(count / funnel.read)}`;
  return html`<section id="data">
<h2>Data</h2>
<p class="note">${formatCount(funnel.read)} documents were read, ${formatCount(funnel.kept)} kept; every dropped one has a reason.</p>
<div class="panels"><figure><figcaption>What was read, kept and dropped</figcaption>${barChart({
    rows: [
      { name: 'read', value: funnel.read, label: formatCount(funnel.read), className: 'muted-bar' },
      { name: 'kept', value: funnel.kept, label: label(funnel.kept), className: 'good-bar' },
      ...reasons.map(([reason, count]) => ({
        name: shorten(spaced(reason)),
        value: count,
        label: label(count),
        className: 'bad-bar',
      })),
    ],
    description: 'Documents read, kept and dropped by reason',
  })}</figure>${lossesFigure(results)}</div>
${funnelTable(
  results,
  reasons.map(([reason]) => reason),
)}
</section>`;
}

/** The languages of the recipe that lost the largest part of their documents. */
function lossesFigure(results: RunResults): Html | undefined {
  const rows = countsByLanguage(results)
    .filter(({ language }) => language !== OTHER)
    .map(({ language, kept, dropped }) => {
      const count = [...dropped.values()].reduce((sum, value) => sum + value, 0);
      return { language, count, share: count / (count + kept) };
    })
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, MAX_LOSS_ROWS);
  if (rows.length === 0) return undefined;
  return html`<figure><figcaption>Languages that lost most <small>share of their documents</small></figcaption>${barChart(
    {
      rows: rows.map((row) => ({
        name: shorten(languageName(row.language)),
        value: row.share,
        label: `${formatShare(row.share)} · ${formatCount(row.count)}`,
        className: 'bad-bar',
      })),
      description: 'Share of documents dropped, for the languages that lost most',
    },
  )}</figure>`;
}

function funnelTable(results: RunResults, reasons: readonly string[]): Html {
  const rows = countsByLanguage(results);
  return html`<details><summary>By language</summary><div class="scroll"><table>
<thead><tr><th scope="col">Language</th><th scope="col">Kept</th>${reasons.map((reason) => html`<th scope="col">${spaced(reason)}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ language, kept, dropped }) =>
      html`<tr><th scope="row">${language === OTHER ? 'All others' : html`${languageName(language)} <small>${language}</small>`}</th><td>${formatCount(kept)}</td>${reasons.map(
        (reason) => {
          const count = dropped.get(reason);
          return html`<td>${count === undefined ? html`<span class="none">·</span>` : formatCount(count)}</td>`;
        },
      )}</tr>`,
  )}</tbody></table></div></details>`;
}

interface LanguageCounts {
  readonly language: string;
  kept: number;
  /** by reason */
  readonly dropped: Map<string, number>;
}

/** The recipe's languages by name, then everything in other languages as one. */
function countsByLanguage(results: RunResults): LanguageCounts[] {
  const { funnel, recipe } = results;
  const known = new Set(Object.values(recipe.data.tiers).flat());
  const rows = new Map<string, LanguageCounts>();
  const rowOf = (language: string): LanguageCounts => {
    const name = known.has(language) ? language : OTHER;
    const row = rows.get(name) ?? { language: name, kept: 0, dropped: new Map() };
    rows.set(name, row);
    return row;
  };
  for (const { language, count } of funnel.keptByLanguage) rowOf(language).kept += count;
  for (const { language, reason, count } of funnel.dropped) {
    const { dropped } = rowOf(language);
    dropped.set(reason, (dropped.get(reason) ?? 0) + count);
  }
  const rank = ({ language }: LanguageCounts): string => (language === OTHER ? '1' : `0${languageName(language)}`);
  return [...rows.values()].sort((a, b) => rank(a).localeCompare(rank(b), 'en'));
}

export function mixtureSection(results: RunResults): Html {
  if (results.mixture.length === 0) return html``;
  const stages = [...new Set(results.mixture.map((row) => row.stage))];
  const domain = results.mixture.flatMap((row) => [row.plannedTokens, row.usedTokens]);
  return html`<section id="mixture">
<h2>Mixture, planned and used</h2>
<p class="note">Outline: the tokens the recipe asks for. Bar: the tokens trained on. Languages within a tier get equal shares; ×n says how often a source was gone through.</p>
<div class="panels">${stages.map((stage) => {
    const rows = results.mixture.filter((row) => row.stage === stage);
    const total = rows.reduce((sum, row) => sum + row.usedTokens, 0);
    return html`<figure><figcaption>${stage} <small>${formatCount(total)} tokens</small></figcaption>${barChart({
      rows: rows.map((row) => ({
        name: sourceName(row.source),
        value: row.usedTokens,
        planned: row.plannedTokens,
        label: `${formatShare(row.usedTokens / total)} · ×${formatDecimal(row.epochs, row.epochs < 1 ? 2 : 1)}`,
        className: sourceClass(row.source),
      })),
      domain,
      rowHeight: 28,
      description: `Tokens planned and used per source in ${stage}`,
    })}</figure>`;
  })}</div></section>`;
}

export function fertilitySection(results: RunResults): Html {
  if (results.fertility.length === 0) return html``;
  const tierOf = new Map(
    Object.entries(results.recipe.data.tiers).flatMap(([tier, codes]) =>
      (codes ?? []).map((code) => [code, tier] as const),
    ),
  );
  const rows = [...results.fertility].sort((a, b) => b.bytesPerToken - a.bytesPerToken);
  const present = new Set(rows.map((row) => tierOf.get(row.language) ?? 'other'));
  const tiers = [...Object.keys(results.recipe.data.tiers), 'other'].filter((tier) => present.has(tier));
  const half = Math.ceil(rows.length / 2);
  const domain = rows.map((row) => row.bytesPerToken);
  return html`<section id="tokenizer">
<h2>Tokenizer</h2>
<p class="note">Bytes per token on held-out text: longer bars mean that fewer tokens say the same. After the dot, tokens per word; languages written without spaces have no such number that compares.</p>
${legend(tiers.map((tier) => ({ name: sourceName(tier), className: sourceClass(tier) })))}
<div class="panels">${[rows.slice(0, half), rows.slice(half)]
    .filter((part) => part.length > 0)
    .map(
      (part) =>
        html`<figure>${barChart({
          rows: part.map((row) => ({
            name: shorten(languageName(row.language)),
            value: row.bytesPerToken,
            label: `${formatDecimal(row.bytesPerToken, 2)} · ${formatDecimal(row.tokensPerWord, 2)}`,
            className: sourceClass(tierOf.get(row.language) ?? 'other'),
          })),
          domain,
          rowHeight: 20,
          description: 'Bytes per token by language',
        })}</figure>`,
    )}</div></section>`;
}

/** Reasons are written as identifiers: `near_duplicate`. */
function spaced(reason: string): string {
  return reason.replaceAll('_', ' ');
}

function shorten(text: string): string {
  return text.length > 20 ? `${text.slice(0, 19)}…` : text;
}
