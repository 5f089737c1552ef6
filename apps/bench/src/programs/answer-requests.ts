/**
 * The other end of `startProcess`: a program that says what it is, then answers one JSON line with one JSON line until its input ends.
 */
import { createInterface } from 'node:readline';

/**
 * @param prepare gets the contestant ready; when it throws, the contestant is absent for that reason
 */
export async function answerRequests<Request>(
  prepare: () => Promise<{
    readonly facts: object;
    readonly answer: (request: Request) => object | Promise<object>;
  }>,
): Promise<void> {
  const say = (reply: object) => process.stdout.write(`${JSON.stringify(reply)}\n`);
  let ready: Awaited<ReturnType<typeof prepare>>;
  try {
    ready = await prepare();
  } catch (error) {
    say({ absent: firstLine(error) });
    process.exit(0);
  }
  say({ ready: ready.facts });
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await ready.answer(JSON.parse(line) as Request));
    } catch (error) {
      say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  process.exit(0);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n').slice(0, 3).join(' ');
}
