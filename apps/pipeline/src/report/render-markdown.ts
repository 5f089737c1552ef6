/** Writes a run's results as Markdown: the tables of the report, for reading in a terminal or on a code host. */
import { formatBytes, formatCount, formatDecimal, formatDuration, formatShare } from '../format/format-quantity.ts';
import { directionName, languageName, sourceName } from './display-names.ts';
import { groupSamples } from './group-samples.ts';
import { headlineRows, withSections } from './headline-rows.ts';
import { escapeMarkdown, fenced, markdownTable as table } from './markdown.ts';
import type { RunResults } from './run-results.ts';
import { beforeAndAfter, findTask, scoreOf, scoresOf } from './score-lookup.ts';
import {
  benchmarkGroup,
  benchmarkTitle,
  isSummary,
  rowContamination,
  significance,
} from './sections/benchmarks-section.ts';

/** The report's tables as Markdown. */
export function renderMarkdown(results: RunResults): string {
  const { recipe, backend, machine, cost, evaluations } = results;
  const parts = [
    `# ${escapeMarkdown(recipe.name)}`,
    `${results.startedAt.slice(0, 16).replace('T', ' ')} UTC. ${formatCount(results.numParameters)} parameters, ${formatCount(cost.trainedTokens)} tokens, ${formatDuration(cost.seconds)}, peak memory ${formatBytes(cost.peakRssBytes)}. Backend ${escapeMarkdown(backend.name)} on ${escapeMarkdown(machine.cpu)}, ${machine.numCores} cores.`,
    '## What to keep in mind',
    results.caveats.map((caveat) => `- ${escapeMarkdown(caveat)}`).join('\n'),
    '## Before and after each stage',
    table(
      ['held-out text', ...evaluations.map((evaluation) => evaluation.title), 'chance'],
      withSections(headlineRows(results), (row) => [
        row.name,
        ...row.values.map((value) => formatDecimal(value, row.decimals)),
        row.chance === undefined ? '' : formatDecimal(row.chance, row.decimals),
      ]),
    ),
    '## Bits per byte by language',
    table(['language', 'tier', 'before', 'after', 'change'], languageRows(results)),
    '## Translation',
    translationTable(results),
    ...benchmarkParts(results),
    '## Data',
    `${formatCount(results.funnel.read)} documents read, ${formatCount(results.funnel.kept)} kept.`,
    table(['dropped because', 'documents', 'of those read'], dropRows(results)),
    '## Mixture',
    table(
      ['stage', 'source', 'planned tokens', 'used tokens', 'times through'],
      results.mixture.map((row) => [
        row.stage,
        sourceName(row.source),
        formatCount(row.plannedTokens),
        formatCount(row.usedTokens),
        formatDecimal(row.epochs, 1),
      ]),
    ),
    '## Tokenizer',
    table(
      ['language', 'bytes per token', 'tokens per word'],
      results.fertility.map((row) => [
        languageName(row.language),
        formatDecimal(row.bytesPerToken, 2),
        formatDecimal(row.tokensPerWord, 2),
      ]),
    ),
    '## Samples',
    groupSamples(results.samples)
      .map((group) => {
        const sample = group.at(-1)!;
        const lines = [
          `**${escapeMarkdown(languageName(sample.language))}**, ${sample.kind}, after ${escapeMarkdown(sample.afterStage)}`,
          fenced(`${sample.prompt}\n→ ${sample.generated}`),
        ];
        if (sample.reference !== undefined) lines.push('A person wrote:', fenced(sample.reference));
        return lines.join('\n\n');
      })
      .join('\n\n'),
    '## Cost',
    table(
      ['stage', 'time', 'peak memory', 'counts'],
      results.stages.map((stage) => [
        stage.title,
        formatDuration(stage.seconds),
        formatBytes(stage.peakRssBytes),
        Object.entries(stage.counts)
          .map(([name, value]) => `${name} ${formatCount(value)}`)
          .join(', '),
      ]),
    ),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function languageRows(results: RunResults): string[][] {
  return Object.entries(results.recipe.data.tiers).flatMap(([tier, codes]) =>
    codes.flatMap((code) => {
      const scores = beforeAndAfter(results.evaluations, 'bits-per-byte', 'bitsPerByte', 'language', code);
      if (scores === undefined) return [];
      const { before, after } = scores;
      return [
        [
          languageName(code),
          sourceName(tier),
          formatDecimal(before.value, 2),
          formatDecimal(after.value, 2),
          formatDecimal(after.value - before.value, 2),
        ],
      ];
    }),
  );
}

function translationTable(results: RunResults): string {
  const last = results.evaluations.at(-1);
  const directions = scoresOf(findTask(last, 'translation', 'chrf'), 'direction');
  const first = results.evaluations[0];
  return table(
    ['direction', 'chrF before', 'chrF after', 'BLEU before', 'BLEU after'],
    directions.map(({ group }) => [
      directionName(group),
      ...(['chrf', 'bleu'] as const).flatMap((metric) =>
        [first, last].map((evaluation) =>
          formatDecimal(scoreOf(findTask(evaluation, 'translation', metric), 'direction', group)?.value, 1),
        ),
      ),
    ]),
  );
}

function benchmarkParts({ comparison }: RunResults): string[] {
  if (comparison === undefined || comparison.benchmarks.length === 0) return [];
  const { benchmarks, rows, taskContamination } = comparison;
  return [
    '## Benchmarks',
    table(
      ['task', 'of', 'before', 'after', 'p (Holm)', 'chance', 'items', 'in training text'],
      rows
        .filter((row) => benchmarks.includes(row.task) && (isSummary(row) || row.grouping === 'language'))
        .map((row) => [
          `${benchmarkTitle(row.task)}, ${row.metric}`,
          benchmarkGroup(row),
          formatDecimal(row.before, 3),
          formatDecimal(row.after, 3),
          significance(row),
          row.chance === null ? '' : formatDecimal(row.chance, 2),
          String(row.numItems),
          rowContamination(row, taskContamination),
        ]),
    ),
  ];
}

function dropRows(results: RunResults): string[][] {
  const byReason = new Map<string, number>();
  for (const { reason, count } of results.funnel.dropped) byReason.set(reason, (byReason.get(reason) ?? 0) + count);
  return [...byReason]
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => [
      reason.replaceAll('_', ' '),
      formatCount(count),
      formatShare(count / results.funnel.read),
    ]);
}
