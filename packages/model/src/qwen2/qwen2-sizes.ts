/**
 * The configs of the released base models, for estimates and for random models of a real size.
 *
 * Source: `config.json` of Qwen/Qwen2-0.5B, -1.5B, -7B and -72B; Qwen2 technical report, arXiv:2407.10671, table 1.
 */
import type { Qwen2Config } from './qwen2-config.ts';

const COMMON = {
  maxPositionEmbeddings: 131_072,
  rmsNormEps: 1e-6,
  ropeTheta: 1_000_000,
  initializerRange: 0.02,
  bosTokenId: 151_643,
  eosTokenId: 151_643,
} as const;

/** Configs of the released Qwen2 base models by their names: `0.5B`, `1.5B`, `7B`, `72B`. */
export const QWEN2_SIZES = {
  '0.5B': {
    ...COMMON,
    hiddenSize: 896,
    numHiddenLayers: 24,
    numAttentionHeads: 14,
    numKeyValueHeads: 2,
    intermediateSize: 4864,
    vocabSize: 151_936,
    tieWordEmbeddings: true,
  },
  '1.5B': {
    ...COMMON,
    hiddenSize: 1536,
    numHiddenLayers: 28,
    numAttentionHeads: 12,
    numKeyValueHeads: 2,
    intermediateSize: 8960,
    vocabSize: 151_936,
    tieWordEmbeddings: true,
  },
  '7B': {
    ...COMMON,
    hiddenSize: 3584,
    numHiddenLayers: 28,
    numAttentionHeads: 28,
    numKeyValueHeads: 4,
    intermediateSize: 18_944,
    vocabSize: 152_064,
    tieWordEmbeddings: false,
  },
  '72B': {
    ...COMMON,
    hiddenSize: 8192,
    numHiddenLayers: 80,
    numAttentionHeads: 64,
    numKeyValueHeads: 8,
    intermediateSize: 29_568,
    vocabSize: 152_064,
    tieWordEmbeddings: false,
  },
} as const satisfies Record<string, Qwen2Config>;
