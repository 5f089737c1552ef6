/**
 * Finds near-duplicates by MinHash and keeps the first document of each cluster.
 *
 * Source: see `minhash-signature.ts`; cluster sizes are kept because FineWeb2 upsamples by them. Documents of different languages are never
 * compared.
 * Units: memory is 4·B·R bytes per document (448 at the default), besides the documents themselves; a data plan deduplicates on disk.
 */
import type { Document, DocumentSource } from '../document.ts';
import type { Funnel } from '../filters/create-funnel.ts';
import type { WordSplitter } from '../filters/split-words.ts';
import { hashText } from '../random/hash-text.ts';
import { createHashTable } from './hash-table.ts';
import { bucketKey, createMinhashSigner, DEFAULT_MINHASH, type MinhashConfig } from './minhash-signature.ts';
import { createUnionFind } from './union-find.ts';

/** How alike documents must be, and which are compared. */
export interface MinhashDedupOptions {
  readonly config?: Partial<MinhashConfig>;
  readonly splitWords?: WordSplitter;
  /** Only documents of one scope are compared; their language when absent. */
  readonly scopeOf?: (document: Document) => string;
  /** More documents than this are refused; two million when absent. */
  readonly maxDocuments?: number;
  readonly funnel?: Funnel;
  /** Told of each dropped document and of the one that stays for it. */
  readonly onDrop?: (document: Document, keptId: string) => void;
}

/** A dropped document and the one that stays for it. */
export interface NearDuplicate {
  readonly document: Document;
  readonly keptId: string;
}

/** What was kept, how large its clusters are, and what was dropped for it. */
export interface MinhashDedupResult {
  /** First document of each cluster, in their order. */
  readonly kept: readonly Document[];
  /** [kept.length] documents in the cluster of each kept one, itself included. */
  readonly clusterSizes: Uint32Array;
  readonly dropped: readonly NearDuplicate[];
}

/** Signatures of so many documents take 0.9 GB. */
export const MAX_DOCUMENTS_IN_MEMORY = 2_000_000;

/** @throws Error naming the way for more documents than memory should hold */
export function expectFitsInMemory(caller: string, numDocuments: number, maxDocuments = MAX_DOCUMENTS_IN_MEMORY): void {
  if (numDocuments <= maxDocuments) return;
  throw new Error(
    `[@marco-ts/data] ${caller}: at most ${maxDocuments} documents are held in memory, got more at document ${maxDocuments + 1}. Deduplicate them on disk: a plan with the step dedup, run by \`marco data run\`.`,
  );
}

/** The reason in the funnel. */
export const NEAR_DUPLICATE = 'near_duplicate';

interface Signatures {
  readonly values: Int32Array;
  readonly hasWords: Uint8Array;
}

function clusterRoots(signatures: Signatures, scopes: Uint32Array, config: MinhashConfig): Uint32Array {
  const numDocuments = scopes.length;
  const { hashesPerBucket, numBuckets } = config;
  const numHashes = hashesPerBucket * numBuckets;
  const sets = createUnionFind(numDocuments);
  const key = new Uint32Array(2);
  for (let bucket = 0; bucket < numBuckets; bucket++) {
    const table = createHashTable(numDocuments);
    for (let index = 0; index < numDocuments; index++) {
      if (signatures.hasWords[index] === 0) continue;
      const start = index * numHashes + bucket * hashesPerBucket;
      bucketKey(signatures.values, start, start + hashesPerBucket, scopes[index]!, key);
      const first = table.getOrSet(key[0]!, key[1]!, index);
      if (first >= 0) sets.union(first, index);
    }
  }
  return Uint32Array.from({ length: numDocuments }, (_, index) => sets.find(index));
}

/**
 * @param documents order decides which one of a cluster is kept: the first
 * @throws Error for a configuration that is no count, and for more documents than `maxDocuments`
 */
export async function minhashDedup(
  documents: DocumentSource,
  options: MinhashDedupOptions = {},
): Promise<MinhashDedupResult> {
  const config = { ...DEFAULT_MINHASH, ...options.config };
  const { scopeOf = ({ language }: Document) => language, funnel, onDrop } = options;
  const signer = createMinhashSigner(config, options.splitWords);
  const { numHashes } = signer;
  const all: Document[] = [];
  const scopes: number[] = [];
  let values = new Int32Array(numHashes * 1024);
  const hasWords: number[] = [];
  for await (const document of documents) {
    const index = all.push(document) - 1;
    expectFitsInMemory('minhashDedup', all.length, options.maxDocuments);
    if ((index + 1) * numHashes > values.length) {
      const larger = new Int32Array(values.length * 2);
      larger.set(values);
      values = larger;
    }
    hasWords.push(signer.sign(document.text, document.language, values, index * numHashes) ? 1 : 0);
    scopes.push(hashText(scopeOf(document)));
  }
  const roots = clusterRoots({ values, hasWords: Uint8Array.from(hasWords) }, Uint32Array.from(scopes), config);
  const sizes = new Uint32Array(all.length);
  for (const root of roots) sizes[root]!++;
  const kept: Document[] = [];
  const keptSizes: number[] = [];
  const dropped: NearDuplicate[] = [];
  for (const [index, document] of all.entries()) {
    funnel?.read(document.language);
    if (roots[index] === index) {
      kept.push(document);
      keptSizes.push(sizes[index]!);
      funnel?.kept(document.language);
      continue;
    }
    const keptId = all[roots[index]!]!.id;
    dropped.push({ document, keptId });
    funnel?.dropped(document.language, NEAR_DUPLICATE);
    onDrop?.(document, keptId);
  }
  return { kept, clusterSizes: Uint32Array.from(keptSizes), dropped };
}
