import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeRunResults } from '../../test/fixtures/make-run-results.ts';
import { linearScale } from './charts/linear-scale.ts';
import { html } from './html/html.ts';
import { renderHtml } from './render-html.ts';
import { renderMarkdown } from './render-markdown.ts';
import type { RunResults, SampleResult } from './run-results.ts';
import { summaryTable } from './summary-table.ts';

const HOSTILE = `</p><script>alert(1)</script><img src=x onerror=alert(1)>"'\` onload=x --> ]]> &lt; \u0000\ud800 \u202ertl {{x}} \${y}`;

/** Every text in the results that can come from documents, recipes or machines, made hostile. */
function hostileResults(): RunResults {
  const results = makeRunResults();
  const spoil = (text: string): string => `${HOSTILE}${text}`;
  const sample: SampleResult = {
    afterStage: HOSTILE,
    kind: 'chat',
    language: HOSTILE,
    prompt: HOSTILE,
    generated: HOSTILE,
    reference: HOSTILE,
  };
  return {
    ...results,
    recipe: { ...results.recipe, name: HOSTILE },
    backend: { name: HOSTILE, why: HOSTILE },
    machine: { ...results.machine, cpu: HOSTILE },
    versions: { [HOSTILE]: HOSTILE },
    stages: results.stages.map((stage) => ({
      ...stage,
      name: spoil(stage.name),
      title: spoil(stage.title),
      counts: { [HOSTILE]: 1 },
    })),
    funnel: {
      ...results.funnel,
      dropped: [{ reason: HOSTILE, language: HOSTILE, count: 3 }],
      keptByLanguage: [{ language: HOSTILE, count: 1 }],
    },
    mixture: results.mixture.map((row) => ({ ...row, stage: spoil(row.stage), source: spoil(row.source) })),
    fertility: results.fertility.map((row) => ({ ...row, language: spoil(row.language) })),
    training: results.training.map((stage) => ({
      ...stage,
      stage: spoil(stage.stage),
      title: spoil(stage.title),
      steps: stage.steps.map((step) => ({ ...step, lossBySource: { [HOSTILE]: 1, b: 2 } })),
    })),
    evaluations: results.evaluations.map((evaluation) => ({
      ...evaluation,
      afterStage: spoil(evaluation.afterStage),
      title: spoil(evaluation.title),
      tasks: evaluation.tasks.map((task) => ({
        ...task,
        signature: HOSTILE,
        scores: task.scores.map((score) =>
          score.groupKind === 'all' ? score : { ...score, group: spoil(score.group) },
        ),
      })),
    })),
    samples: [sample, { ...sample, kind: 'continuation' }],
    caveats: [HOSTILE],
    artifacts: [{ path: HOSTILE, what: HOSTILE }],
  };
}

const tags = (page: string): Set<string> =>
  new Set([...page.matchAll(/<([a-z!/][^\s>]*)/gi)].map(([, tag]) => tag!.toLowerCase()));
const attributes = (page: string): Set<string> =>
  new Set(
    [...page.matchAll(/<[a-z][^\s>]*((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)].flatMap(([, list]) =>
      [...list!.matchAll(/\s([a-z-]+)="/gi)].map(([, name]) => name!.toLowerCase()),
    ),
  );

describe('the page', () => {
  const page = renderHtml(makeRunResults());

  test('hostile text becomes no markup anywhere', () => {
    const hostile = renderHtml(hostileResults());
    expect(hostile).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(hostile).not.toMatch(/<script|<img/i);
    expect([...tags(hostile)].filter((tag) => !tags(page).has(tag))).toEqual([]);
    expect([...attributes(hostile)].filter((name) => !attributes(page).has(name))).toEqual([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(hostile).not.toMatch(/[\u0000-\u0008\ud800]/u);
    // Without markup, every angle bracket opens or closes one of the page's own tags.
    expect(hostile.match(/</g)!.length).toBe(hostile.match(/<[a-z!/]/gi)!.length);
  });

  test('has no script and allows only its own style, by hash', () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;;`);
    expect(page).not.toMatch(/<script|\sstyle="|\son[a-z]+="/i);
  });

  test('reaches for nothing outside itself', () => {
    expect(page).not.toMatch(/https?:|url\(|@import|src=|<link/i);
    const anchors = [...page.matchAll(/href="([^"]*)"/g)].map(([, target]) => target!);
    for (const target of anchors) expect(page).toContain(`id="${target.slice(1)}"`);
    expect(anchors.length).toBeGreaterThan(10);
  });

  test('every drawing has numbers everywhere', () => {
    expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(page.match(/<svg /g)!.length).toBeGreaterThan(12);
  });

  test('text of documents keeps its direction to itself', () => {
    expect(page).toContain('dir="auto" lang="arb-Arab"');
    expect(page).toContain('<bdi dir="auto" lang="heb-Hebr">');
  });

  test('what the models of several stages wrote for one prompt is one card, the last on top', () => {
    const card = /<article>(?:(?!<\/article>)[\s\S])*fún fún[\s\S]*?<\/article>/.exec(page)![0];
    expect(card.indexOf('freedom of the protection')).toBeLessThan(card.indexOf('<details>'));
    expect(card.indexOf('fún fún')).toBeGreaterThan(card.indexOf('<details>'));
  });

  test('what the results say is on the page', () => {
    const results = makeRunResults();
    for (const caveat of results.caveats) expect(page).toContain(html`${caveat}`.toString());
    const bits = results.evaluations.at(-1)!.tasks[0]!.scores.find((score) => score.group === 'swh_Latn')!;
    expect(page).toMatch(new RegExp(`Swahili: [\\d.]+ → ${bits.value.toFixed(2)}`));
  });

  test('a change in the last bit is none', () => {
    const results = makeRunResults();
    const [first] = results.evaluations;
    const tasks = first!.tasks.map((task) => ({
      ...task,
      scores: task.scores.map((score) => ({ ...score, value: score.value * (1 + 2 ** -52) })),
    }));
    const page = renderHtml({ ...results, evaluations: [first!, { ...results.evaluations.at(-1)!, tasks }] });
    expect(page).toMatch(/<span class="">±0\.0+<\/span>/);
    expect(page).not.toMatch(/<span class="(better|worse)">[+−]0\.0+<\/span>/);
  });

  test('results of a run that has only begun can be drawn', () => {
    const begun: RunResults = {
      ...makeRunResults(),
      stages: [],
      funnel: { read: 0, kept: 0, dropped: [], keptByLanguage: [] },
      mixture: [],
      fertility: [],
      training: [{ stage: 'pretrain-1', title: 'Pretraining', steps: [] }],
      evaluations: [],
      samples: [],
      caveats: [],
      artifacts: [],
    };
    for (const text of [renderHtml(begun), renderMarkdown(begun)]) expect(text).not.toMatch(/NaN|Infinity|undefined/);
    expect(summaryTable(begun)).toBe('');
    const one: RunResults = { ...begun, evaluations: makeRunResults().evaluations.slice(0, 1) };
    expect(renderHtml(one)).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('Markdown', () => {
  test('hostile text breaks no table and no fence', () => {
    const text = renderMarkdown(hostileResults());
    for (const line of text.split('\n').filter((entry) => entry.startsWith('|'))) {
      expect(line).not.toMatch(/(?<!\\)</);
    }
    const samples = {
      ...makeRunResults(),
      samples: [{ afterStage: 'x', kind: 'chat', language: 'eng_Latn', prompt: 'a\n````\n<b>', generated: 'b' }],
    } satisfies RunResults;
    expect(renderMarkdown(samples)).toContain('`````text\na\n````\n<b>\n→ b\n`````');
  });

  test('has the headline table', () => {
    expect(renderMarkdown(makeRunResults())).toMatch(/\| All languages \| 7\.\d\d \|/);
  });
});

describe('scales', () => {
  test('ticks are round and cover the values', () => {
    const scale = linearScale({ values: [0.13, 0.97], range: [0, 100], numTicks: 4 });
    expect(scale.ticks).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(scale(0.5)).toBe(50);
    expect(linearScale({ values: [5, 5], range: [0, 1], numTicks: 3 }).ticks.length).toBeGreaterThan(1);
    expect(linearScale({ values: [], range: [0, 1], numTicks: 3 }).domain).toEqual([0, 1]);
  });
});
