/**
 * Objects of a bucket below a prefix.
 *
 * Source: S3 API, ListObjectsV2.
 */
import { SaxesParser } from 'saxes';
import { type NetworkOptions, RemoteError, requestOnce, withRetries } from './remote-request.ts';

export interface S3Object {
  readonly location: string;
  readonly key: string;
  readonly sizeBytes: number;
}

interface ListPage {
  readonly objects: readonly { readonly key: string; readonly sizeBytes: number }[];
  readonly nextToken: string | undefined;
}

function parseListPage(xml: string): ListPage {
  const objects: { key: string; sizeBytes: number }[] = [];
  let nextToken: string | undefined;
  let text = '';
  let key = '';
  let sizeBytes = 0;
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw new RemoteError(`the store answered with no XML: ${error.message}`, true);
  });
  parser.on('opentag', () => {
    text = '';
  });
  parser.on('text', (piece) => {
    text += piece;
  });
  parser.on('closetag', ({ name }) => {
    if (name === 'Key') key = text;
    else if (name === 'Size') sizeBytes = Number(text);
    else if (name === 'NextContinuationToken') nextToken = text;
    else if (name === 'Contents') objects.push({ key, sizeBytes });
  });
  parser.write(xml).close();
  return { objects, nextToken };
}

/** @param location `s3://bucket/prefix` */
export async function listS3(location: string, network: NetworkOptions): Promise<S3Object[]> {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/i.exec(location) ?? [];
  if (bucket === undefined) throw new RemoteError('an S3 location must name a bucket', true);
  const found: S3Object[] = [];
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const query = {
      'list-type': '2',
      prefix: prefix ?? '',
      ...(token === undefined ? {} : { 'continuation-token': token }),
    };
    const page: ListPage = await withRetries(network, async () => {
      const { response, stop } = await requestOnce(`s3://${bucket}`, { query }, network);
      try {
        return parseListPage(await response.text());
      } finally {
        stop();
      }
    });
    for (const { key, sizeBytes } of page.objects) found.push({ location: `s3://${bucket}/${key}`, key, sizeBytes });
    token = page.nextToken;
  }
  return found;
}
