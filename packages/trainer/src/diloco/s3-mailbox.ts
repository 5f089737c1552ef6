/**
 * A mailbox in a bucket of any S3-compatible store: AWS, MinIO, R2.
 *
 * Source: Amazon S3 API (`PutObject` with `If-None-Match: *`, `GetObject`, `ListObjectsV2`, `DeleteObject`), signed by aws4fetch.
 */
import { AwsClient } from 'aws4fetch';
import type { Mailbox } from './mailbox.ts';

/** The bucket, the place in it, and the key pair that opens it. */
export interface S3MailboxOptions {
  /** Such as `https://s3.eu-central-1.amazonaws.com` or `http://127.0.0.1:9000`; the bucket is the first part of the path. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Before every key, such as `runs/one/`. Default none. */
  readonly prefix?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Default `us-east-1`. */
  readonly region?: string;
}

/** @returns a mailbox whose keys lie below `prefix`; requests that fail for the moment are repeated */
export function createS3Mailbox(options: S3MailboxOptions): Mailbox {
  const { endpoint, bucket, prefix: root = '', region = 'us-east-1', ...credentials } = options;
  // The client repeats requests that the store answers with 429 or 5xx.
  const client = new AwsClient({ ...credentials, region, service: 's3', retries: 5 });
  const base = `${endpoint.replace(/\/+$/, '')}/${bucket}`;
  const urlOf = (key: string) => `${base}/${`${root}${key}`.split('/').map(encodeURIComponent).join('/')}`;
  const send = async (url: string, init: RequestInit, accepted: readonly number[]): Promise<Response> => {
    const response = await client.fetch(url, init);
    if (response.ok || accepted.includes(response.status)) return response;
    throw new Error(
      `[@marco-ts/trainer] createS3Mailbox: the store must accept ${init.method}, got ${response.status} ${(await response.text()).slice(0, 200)} at ${url}. Check bucket, keys and region.`,
    );
  };
  return {
    place: `s3://${bucket}/${root}`,
    async put(key, bytes) {
      await send(urlOf(key), { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer> }, []);
    },
    async putIfAbsent(key, bytes) {
      const init = { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer>, headers: { 'If-None-Match': '*' } };
      // 412: it was there; 409: another is putting it at this moment.
      return (await send(urlOf(key), init, [409, 412])).ok;
    },
    async get(key) {
      const response = await send(urlOf(key), { method: 'GET' }, [404]);
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
    },
    async list(prefix) {
      const keys: string[] = [];
      for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
        const query = new URLSearchParams({ 'list-type': '2', prefix: `${root}${prefix}` });
        if (token !== undefined) query.set('continuation-token', token);
        const text = await (await send(`${base}?${query}`, { method: 'GET' }, [])).text();
        keys.push(...[...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => unescapeXml(key!).slice(root.length)));
        token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1];
        if (token !== undefined) token = unescapeXml(token);
      }
      return keys.sort();
    },
    async remove(key) {
      await send(urlOf(key), { method: 'DELETE' }, [404]);
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!);
}
