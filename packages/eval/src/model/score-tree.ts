/**
 * Log-probabilities of many continuations, each token that several texts begin with computed once.
 *
 * Method: a tree of the texts; a batch of its nodes is read, then what goes on from them, with their keys and values at hand. Only tokens that
 * predict something are projected to the vocabulary.
 * Source: the context cache of `HFLM` in lm-evaluation-harness 0.4 shares texts for continuations of one token; here all starts are shared.
 * Units: nats, tokens.
 */
import { type ParamMap, tf } from '@marco-ts/core';
import { type Branch, outputEmbedding, type Qwen2Config, qwen2Branches, type TokenMemory } from '@marco-ts/model';
import { planBatches } from './plan-batches.ts';
import { type ContinuationScore, type Prediction, readPredictions } from './read-predictions.ts';
import type { Window } from './rolling-windows.ts';
import { type TokenNode, tokenTree } from './token-tree.ts';

/** A token that is handed around costs a batch this much less room than one that is computed. */
const HANDED_SHARE = 8;

export interface ScoreTreeOptions {
  /** tokens that a forward pass may compute */
  readonly batchTokens: number;
  readonly signal?: AbortSignal | undefined;
  /** told how many windows are done */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** A node whose start is in memory. */
interface Reached {
  readonly node: TokenNode;
  /** rows of the memory that hold what comes before it */
  readonly earlier: Int32Array;
}

/** @returns a score for each window */
export async function scoreTree(
  params: ParamMap,
  config: Qwen2Config,
  windows: readonly Window[],
  { batchTokens, signal, onProgress }: ScoreTreeOptions,
): Promise<ContinuationScore[]> {
  const roots = tokenTree(windows.map(({ input }) => input));
  const asked = targetsOfNodes(roots, windows);
  const scores = windows.map(() => ({ logProb: 0, isGreedy: true }));
  let done = 0;

  const score = async (reached: readonly Reached[], memory?: TokenMemory): Promise<void> => {
    const room = reached.map(({ node: { ids }, earlier }) =>
      Math.max(ids.length, Math.ceil((earlier.length + ids.length) / HANDED_SHARE)),
    );
    for (const batch of planBatches(room, batchTokens)) {
      signal?.throwIfAborted();
      const own = batch.map((position) => reached[position]!);
      const keep = own.some(({ node }) => node.children.length > 0);
      const branches = own.map(({ node, earlier }): Branch => {
        const rows = asked.get(node)!.map(({ row }) => row);
        return { ids: node.ids, earlier, firstAsked: Math.min(node.ids.length, ...rows) };
      });
      const { hidden_QD, memory: longer } = qwen2Branches(params, config, branches, memory, { keep });
      try {
        if (hidden_QD) await readScores(hidden_QD, branches, own);
        done += own.reduce((sum, { node }) => sum + node.ends.length, 0);
        onProgress?.(done);
        if (longer) await score(goingOn(own, memory?.numTokens ?? 0), longer);
      } finally {
        hidden_QD?.dispose();
        longer?.dispose();
      }
    }
  };

  const readScores = async (hidden_QD: tf.Tensor2D, branches: readonly Branch[], own: readonly Reached[]) => {
    const rows: number[] = [];
    const continuations: { window: number; predictions: Prediction[] }[] = [];
    let offset = 0;
    for (const [index, { ids, firstAsked }] of branches.entries()) {
      const slots = new Map<number, number>();
      for (const { window, row, targets } of asked.get(own[index]!.node)!) {
        const predictions = [...targets].map((target, position) => {
          const at = offset + row + position - firstAsked;
          if (!slots.has(at)) slots.set(at, rows.push(at) - 1);
          return { row: slots.get(at)!, target };
        });
        continuations.push({ window, predictions });
      }
      offset += ids.length - firstAsked;
    }
    const rows_RD = tf.tidy(() => tf.gather(hidden_QD, tf.tensor1d(rows, 'int32')) as tf.Tensor2D);
    try {
      const answers = await readPredictions(
        rows_RD,
        outputEmbedding(params, config),
        continuations.map(({ predictions }) => predictions),
      );
      for (const [index, { window }] of continuations.entries()) {
        scores[window]!.logProb += answers[index]!.logProb;
        scores[window]!.isGreedy &&= answers[index]!.isGreedy;
      }
    } finally {
      rows_RD.dispose();
    }
  };

  await score(roots.map((node) => ({ node, earlier: new Int32Array(0) })));
  return scores;
}

/** What a node's tokens predict of a window: the targets from its own row `row` on. */
interface Asked {
  readonly window: number;
  readonly row: number;
  readonly targets: Int32Array;
}

function targetsOfNodes(roots: readonly TokenNode[], windows: readonly Window[]): Map<TokenNode, Asked[]> {
  const asked = new Map<TokenNode, Asked[]>();
  const visit = (node: TokenNode, above: readonly TokenNode[]): void => {
    const path = [...above, node];
    asked.set(node, []);
    for (const window of node.ends) {
      const { input, targets } = windows[window]!;
      const firstRow = input.length - targets.length;
      for (const part of path) {
        const end = part.depth + part.ids.length;
        if (end <= firstRow) continue;
        const start = Math.max(firstRow, part.depth);
        asked.get(part)!.push({
          window,
          row: start - part.depth,
          targets: targets.subarray(start - firstRow, end - firstRow),
        });
      }
    }
    for (const child of node.children) visit(child, path);
  };
  for (const root of roots) visit(root, []);
  return asked;
}

/** The children of a batch's nodes, whose tokens follow `numBefore` others in the memory. */
function goingOn(own: readonly Reached[], numBefore: number): Reached[] {
  let row = numBefore;
  return own.flatMap(({ node: { ids, children }, earlier }) => {
    const rows = Int32Array.from([...earlier, ...ids.map((_, index) => row + index)]);
    row += ids.length;
    return children.map((node) => ({ node, earlier: rows }));
  });
}
