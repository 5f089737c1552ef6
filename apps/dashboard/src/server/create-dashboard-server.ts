/**
 * The dashboard's HTTP server: the page, and what a directory of runs holds as JSON. It reads; nothing is ever written.
 *
 * Live: a client listens to server-sent events and is told when files of its run changed; it then asks again for what it shows.
 */
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { type ClientAssets, PAGE } from './client-assets.ts';
import { documentPage, funnelView, mixtureView, type PageRequest, parallelPage, preferencePage } from './data-views.ts';
import { comparisonView, evaluationViews, languagesView, sampleViews } from './evaluation/evaluation-views.ts';
import { given } from './json-shape.ts';
import { protect } from './protect.ts';
import { recipeDifferences } from './recipe-differences.ts';
import { watchRun } from './run-signature.ts';
import { type PlannedStage, runListEntry, runView, TRAINING_LOG_FILE } from './run-view.ts';
import { openRunsDirectory } from './runs-directory.ts';
import { followTrainingLog, type TrainingLog, type TrainingLogFollower } from './training/training-log.ts';
import { trainingView } from './training/training-view.ts';

/** What is served, and how closely it is watched. */
export interface DashboardOptions {
  /** a directory of runs, or one run */
  readonly directory: string;
  readonly assets: ClientAssets;
  /** stages that a recipe will run, in order; default none are known before they begin */
  readonly plannedStages?: (recipe: unknown) => readonly PlannedStage[];
  /** how often files are looked at while somebody watches; default 1000 */
  readonly pollMs?: number;
}

const DEFAULT_POLL_MS = 1000;
const DEFAULT_POINTS = 2000;
const MAX_POINTS = 20_000;
const DEFAULT_ROWS = 20;
const MAX_ROWS = 200;

/** @returns the application; `serve` of @hono/node-server or `app.request` of a test runs it */
export async function createDashboardServer(options: DashboardOptions): Promise<Hono> {
  const { assets, plannedStages = () => [], pollMs = DEFAULT_POLL_MS } = options;
  const runs = await openRunsDirectory(options.directory);
  const followers = new Map<string, TrainingLogFollower>();
  const trainingLog = (path: readonly string[]): Promise<TrainingLog> => {
    const key = path.join('/');
    let follow = followers.get(key);
    if (follow === undefined) followers.set(key, (follow = followTrainingLog(runs, path)));
    return follow();
  };
  const context = { runs, plannedStages, trainingLog };
  const app = new Hono();
  app.use(protect);
  app.onError((error, { json }) => json({ error: error.message }, 500));
  app.notFound(({ json }) => json({ error: 'there is nothing here' }, 404));

  app.get('/', ({ html }) => html(PAGE));
  app.get('/app.js', ({ body }) => body(assets.script, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  app.get('/app.css', ({ body }) => body(assets.style, 200, { 'Content-Type': 'text/css; charset=utf-8' }));

  app.get('/api/runs', async ({ json }) => {
    const entries = [];
    for (const id of await runs.runs()) entries.push(await runListEntry(context, id, (await runs.findRun(id)) ?? []));
    return json(entries.sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? 1 : -1)));
  });

  /** Answers for a run that is there; anything else is 404. */
  const forRun =
    (answer: (request: Context, run: readonly string[], id: string) => Promise<unknown>) =>
    async (request: Context): Promise<Response> => {
      const id = request.req.param('run') ?? '';
      const run = await runs.findRun(id);
      const body = run && (await answer(request, run, id));
      if (body === undefined) return request.json({ error: 'there is no such run, stage or file' }, 404);
      return body instanceof Response ? body : request.json(body);
    };

  app.get(
    '/api/runs/:run',
    forRun((_, run, id) => runView(context, id, run)),
  );
  app.get(
    '/api/runs/:run/training/:stage',
    forRun(async (request, run) => {
      const stage = (await runs.stages(run)).find(({ name }) => name === request.req.param('stage'));
      if (stage === undefined) return undefined;
      const log = await trainingLog([...stage.path, TRAINING_LOG_FILE]);
      const names = request.req.query('curves')?.split(',');
      return trainingView(stage.name, log, {
        ...given('from', numberOf(request, 'from')),
        ...given('to', numberOf(request, 'to')),
        ...given('names', names),
        maxPoints: Math.min(MAX_POINTS, Math.max(4, numberOf(request, 'points') ?? DEFAULT_POINTS)),
      });
    }),
  );
  app.get(
    '/api/runs/:run/funnel',
    forRun((_, run) => funnelView(runs, run)),
  );
  app.get(
    '/api/runs/:run/documents/:kind',
    forRun((request, run) => documentPage(runs, run, request.req.param('kind') ?? '', pageRequest(request))),
  );
  app.get(
    '/api/runs/:run/mixture',
    forRun((_, run) => mixtureView(runs, run, trainingLog)),
  );
  app.get(
    '/api/runs/:run/parallel',
    forRun((request, run) => parallelPage(runs, run, pageRequest(request))),
  );
  app.get(
    '/api/runs/:run/preferences',
    forRun((request, run) => preferencePage(runs, run, pageRequest(request))),
  );
  app.get(
    '/api/runs/:run/languages',
    forRun((_, run) => languagesView(runs, run, trainingLog)),
  );
  app.get(
    '/api/runs/:run/samples',
    forRun((_, run) => sampleViews(runs, run)),
  );
  app.get(
    '/api/runs/:run/evaluations',
    forRun((_, run) => evaluationViews(runs, run)),
  );
  app.get(
    '/api/runs/:run/comparison',
    forRun(async (request, run, id) => {
      const other = request.req.query('with');
      const second = other === undefined || other === id ? run : await runs.findRun(other);
      if (second === undefined) return undefined;
      try {
        return await comparisonView(
          runs,
          { run, after: request.req.query('before') ?? '' },
          { run: second, after: request.req.query('after') ?? '' },
        );
      } catch (error) {
        return request.json({ error: (error as Error).message }, 409);
      }
    }),
  );
  app.get(
    '/api/runs/:run/differences',
    forRun(async (request, run) => {
      const second = await runs.findRun(request.req.query('with') ?? '');
      return second && recipeDifferences(runs, [run, second]);
    }),
  );
  app.get(
    '/api/runs/:run/events',
    forRun(async (request, run) =>
      streamSSE(request, async (stream) => {
        const gone = new AbortController();
        stream.onAbort(() => gone.abort());
        for await (const signature of watchRun(runs, run, { pollMs, signal: gone.signal })) {
          await stream.writeSSE({ event: 'changed', data: signature });
        }
      }),
    ),
  );
  return app;
}

function pageRequest(request: Context): PageRequest {
  const [language, reason] = [request.req.query('language'), request.req.query('reason')];
  return {
    offset: Math.max(0, Math.floor(numberOf(request, 'offset') ?? 0)),
    limit: Math.min(MAX_ROWS, Math.max(1, Math.floor(numberOf(request, 'limit') ?? DEFAULT_ROWS))),
    ...given('language', language === '' ? undefined : language),
    ...given('reason', reason === '' ? undefined : reason),
  };
}

function numberOf(request: Context, name: string): number | undefined {
  const text = request.req.query(name);
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
