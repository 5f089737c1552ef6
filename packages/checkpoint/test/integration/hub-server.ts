/**
 * A small Hub on 127.0.0.1 that serves one repository and fails on demand, for `hub-download.test.ts`.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export interface HubRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** Answers a request itself and returns true, or leaves it to the server. */
export type Trouble = (request: HubRequest, response: ServerResponse) => boolean;

export interface HubServer {
  readonly url: string;
  readonly requests: HubRequest[];
  readonly files: Map<string, Buffer>;
  /** Changes the list of files before it is sent. */
  changeList: (entries: Record<string, unknown>[]) => unknown;
  trouble: Trouble;
  close(): Promise<void>;
}

/** Files of at least 1000 bytes are listed as git-lfs has them, smaller ones as git does. */
export async function startHub(files: Map<string, Buffer>): Promise<HubServer> {
  const server = createServer((request, response) => answer(hub, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: HubServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    files,
    changeList: (entries) => entries,
    trouble: () => false,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return hub;
}

function answer(hub: HubServer, message: IncomingMessage, response: ServerResponse): void {
  const path = message.url!.split('?')[0]!;
  const { authorization, range } = message.headers;
  const request = { path, authorization, range };
  hub.requests.push(request);
  if (hub.trouble(request, response)) return;
  const json = (value: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  if (path === '/api/models/owner/tiny/revision/main' || path === `/api/models/owner/tiny/revision/${COMMIT}`) {
    json({ _id: '1', id: 'owner/tiny', lastModified: '2024-06-01T00:00:00Z', sha: COMMIT });
  } else if (path === `/api/models/owner/tiny/tree/${COMMIT}`) {
    json(hub.changeList([...hub.files].map(([name, bytes]) => listEntry(name, bytes))));
  } else if (path.startsWith(`/owner/tiny/resolve/${COMMIT}/`) && hub.files.has(path.split('/').at(-1)!)) {
    sendFile(hub.files.get(path.split('/').at(-1)!)!, range, response);
  } else response.writeHead(404).end();
}

function listEntry(name: string, bytes: Buffer): Record<string, unknown> {
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  if (bytes.length < 1000) return { type: 'file', path: name, size: bytes.length, oid };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    type: 'file',
    path: name,
    size: bytes.length,
    oid: 'f'.repeat(40),
    lfs: { oid: sha256, size: bytes.length, pointerSize: 130 },
  };
}

/** As the Hub does it: whole, or the rest from a place. */
export function sendFile(bytes: Buffer, range: string | undefined, response: ServerResponse): void {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  response.setHeader('etag', '"etag"');
  if (!match) {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    return;
  }
  const [first, last] = [Number(match[1]), match[2] ? Number(match[2]) : bytes.length - 1];
  const part = bytes.subarray(first, last + 1);
  response
    .writeHead(206, { 'content-length': part.length, 'content-range': `bytes ${first}-${last}/${bytes.length}` })
    .end(part);
}
