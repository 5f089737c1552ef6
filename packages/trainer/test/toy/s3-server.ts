/**
 * As much of an S3 store as a mailbox speaks to, on the local machine: signed requests, conditional puts, listings page by page.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export async function startS3Server({ bucket, pageSize }: { bucket: string; pageSize: number }) {
  const objects = new Map<string, Buffer>();
  let numUnsigned = 0;
  /** answered with 503 once each, as a busy store does */
  const busy = { times: 0 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url!, 'http://local');
      const end = (status: number, body: string | Buffer = '') => void response.writeHead(status).end(body);
      if (!/^AWS4-HMAC-SHA256 Credential=KEY\/.*Signature=[0-9a-f]{64}$/.test(request.headers.authorization ?? '')) {
        numUnsigned++;
        return end(403, 'SignatureDoesNotMatch');
      }
      if (busy.times-- > 0) return end(503, 'SlowDown');
      const path = decodeURIComponent(url.pathname);
      if (path === `/${bucket}`) return end(200, listing(url.searchParams));
      const key = path.slice(bucket.length + 2);
      if (request.method === 'GET') return objects.has(key) ? end(200, objects.get(key)!) : end(404, 'NoSuchKey');
      if (request.method === 'DELETE') {
        objects.delete(key);
        return end(204);
      }
      if (request.headers['if-none-match'] === '*' && objects.has(key)) return end(412, 'PreconditionFailed');
      objects.set(key, Buffer.concat(chunks));
      return end(200);
    });
  });
  const listing = (query: URLSearchParams): string => {
    const after = query.get('continuation-token') ?? '';
    const keys = [...objects.keys()].filter((key) => key.startsWith(query.get('prefix')!) && key > after).sort();
    const page = keys.slice(0, pageSize);
    const next =
      keys.length > pageSize ? `<NextContinuationToken>${escapeXml(page.at(-1)!)}</NextContinuationToken>` : '';
    const contents = page.map((key) => `<Contents><Key>${escapeXml(key)}</Key></Contents>`).join('');
    return `<?xml version="1.0"?><ListBucketResult>${contents}${next}</ListBucketResult>`;
  };
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    busy,
    numUnsigned: () => numUnsigned,
    close: () => new Promise((closed) => server.close(closed)),
  };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
