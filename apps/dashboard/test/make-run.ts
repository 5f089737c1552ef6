/** A small run as the pipeline leaves it, with hostile text wherever a run holds text. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const HOSTILE =
  '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"><svg onload="window.hacked = 3"><a href="javascript:window.hacked=4">x</a>';

export const URDU = 'تمام انسان آزاد اور حقوق و عزت کے اعتبار سے برابر پیدا ہوئے ہیں۔';

export interface MadeRun {
  readonly numEvents?: number;
  readonly isPartial?: boolean;
}

/** @returns a training log of `step-completed` events; each is about 200 bytes */
export function* trainingLines(numEvents: number): Generator<string> {
  yield `{"time":"2026-01-01T00:00:00.000Z","type":"run-started","step":0,"numSteps":${numEvents},"resumed":false}\n`;
  for (let step = 1; step <= numEvents; step++) {
    const loss = 3 + 5 * Math.exp((-6 * step) / numEvents) + 0.2 * Math.sin(step * 12.9898);
    yield `{"type":"step-completed","step":${step},"numSteps":${numEvents},"loss":${step === 500_000 ? 99 : loss.toFixed(4)},"learningRate":0.001,"gradNorm":1,"tokensPerSecond":1000,"durationMs":10,"metrics":{},"groups":{}}\n`;
  }
}

/** Writes the run `name` below `parent`. */
export async function makeRun(
  parent: string,
  name: string,
  { numEvents = 50, isPartial }: MadeRun = {},
): Promise<void> {
  const run = join(parent, name);
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(join(run, path, '..'), { recursive: true });
    await writeFile(join(run, path), text);
  };
  const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const manifest = JSON.stringify({
    seconds: 2,
    counts: { documents: 3 },
    versions: { 'marco-ts': '0.0.0' },
    notes: {},
  });
  const stage = `03-stage-1${isPartial ? '.partial' : ''}`;
  await write(
    'recipe.json',
    JSON.stringify({
      name: HOSTILE,
      startedAt: '2026-01-01T00:00:00.000Z',
      recipe: {
        data: { tiers: { low: ['urd_Arab'], english: ['eng_Latn'] }, parallel: { pivotLanguage: 'eng_Latn' } },
      },
    }),
  );
  await write('run.log', `${HOSTILE}\n`);
  await write('01-data/manifest.json', manifest);
  await write(
    '01-data/funnel.json',
    JSON.stringify({
      documents: {
        read: 3,
        kept: 2,
        dropped: 1,
        droppedByReason: { [HOSTILE]: 1 },
        languages: {
          urd_Arab: { read: 2, kept: 1, dropped: { [HOSTILE]: 1 } },
          eng_Latn: { read: 1, kept: 1, dropped: {} },
        },
      },
    }),
  );
  const documents = [
    { id: HOSTILE, text: HOSTILE, language: HOSTILE, reason: HOSTILE, detail: HOSTILE },
    { id: 'b', text: URDU, language: 'urd_Arab', reason: 'short' },
  ];
  await write('01-data/dropped.jsonl', lines(documents));
  await write('01-data/documents-train.jsonl', lines(documents));
  await write(
    '01-data/paragraphs-train.jsonl',
    lines([
      { paragraphId: '1', language: 'eng_Latn', text: HOSTILE },
      { paragraphId: '1', language: 'urd_Arab', text: URDU },
    ]),
  );
  await write(
    '02-preference/pairs.jsonl',
    lines([
      {
        prompt: [{ role: 'user', content: HOSTILE }],
        chosen: URDU,
        rejected: HOSTILE,
        language: 'urd_Arab',
        kind: HOSTILE,
      },
    ]),
  );
  await write('02-preference/manifest.json', manifest);
  await mkdir(join(run, stage), { recursive: true });
  await writeFile(join(run, stage, 'training.jsonl'), trainingLines(numEvents));
  if (!isPartial) await write(`${stage}/manifest.json`, manifest);
  await write(
    '04-evaluate-stage-1/samples.json',
    JSON.stringify([
      {
        afterStage: HOSTILE,
        kind: HOSTILE,
        language: 'urd_Arab',
        prompt: HOSTILE,
        generated: URDU,
        reference: HOSTILE,
      },
    ]),
  );
  await write('04-evaluate-stage-1/manifest.json', manifest);
}
