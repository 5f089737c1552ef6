import { expect, test } from 'vitest';
import { bleu, bleuMetric, sentenceBleu } from './bleu.ts';
import { chrf } from './chrf.ts';
import { sumStatistics } from './corpus-metric.ts';
import { formatScore, scoreRecord } from './format-score.ts';
import { ter } from './ter.ts';

test('bad corpora are refused with what is wrong and where', () => {
  expect(() => bleu([], [])).toThrow('at least one hypothesis, got 0');
  expect(() => bleu(['a', 'b'], ['a'])).toThrow('got 1 references in stream 0 for 2 hypotheses');
  expect(() => chrf(['a', 'b'], [['a', 'b'], ['a']])).toThrow('got 1 references in stream 1 for 2 hypotheses');
  expect(() => ter(['a', 'b'], ['a', ' '])).toThrow('got only blank ones at segment 1');
  expect(() => chrf(['a'], [[null], [null]])).toThrow('got none at segment 0');
  expect(ter(['a'], [''], { emptyReference: 'score' }).score).toBe(100);
});

test('tokenizers that need a dictionary or a model are refused by name', () => {
  const ask = (name: string) => () => bleu(['a'], ['a'], { tokenize: name as 'none' });
  expect(ask('ja-mecab')).toThrow('MeCab with its IPA dictionary');
  expect(ask('ko-mecab')).toThrow('MeCab-ko');
  expect(ask('flores200')).toThrow('flores200 SentencePiece model');
  expect(ask('13b')).toThrow("one of none, 13a, char, zh, intl, got '13b'.");
  expect(() => bleu(['a'], ['a'], { smoothMethod: 'add' as 'exp' })).toThrow("got 'add'");
  expect(() => bleu(['a'], ['a'], { maxNgramOrder: 0 })).toThrow('got 0');
  expect(() => chrf(['a'], ['a'], { charOrder: 0 })).toThrow('not both 0');
  expect(() => chrf(['a'], ['a'], { beta: 0 })).toThrow('got 0');
});

test('one stream may be passed flat, and absent references make nrefs variable', () => {
  const flat = bleu(['a b c d e'], ['a b c d f']);
  expect(flat).toEqual(bleu(['a b c d e'], [['a b c d f']]));
  expect(flat.signature).toBe('nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0+ts');
  expect(
    chrf(
      ['a', 'b'],
      [
        ['a', 'b'],
        ['a', null],
      ],
    ).signature,
  ).toContain('nrefs:var');
  expect(sentenceBleu('a b', ['a b']).signature).toContain('eff:yes');
  expect(sentenceBleu('a b', ['a b']).score).toBeCloseTo(100, 10);
});

test('the score of a corpus is the score of its summed statistics', () => {
  const metric = bleuMetric();
  const statistics = metric.statistics(['a b c d', 'e f g h i'], ['a b c e', 'e f g h']);
  expect(metric.scoreFromSums(sumStatistics(statistics)).score).toBe(
    bleu(['a b c d', 'e f g h i'], ['a b c e', 'e f g h']).score,
  );
  expect(sumStatistics(statistics, [1, 1])[0]).toBe(10);
});

test('printed as sacrebleu prints', () => {
  const score = chrf(['a cat'], ['a dog']);
  expect(formatScore(score)).toBe(`chrF2|${score.signature} = 6.25`);
  expect(scoreRecord(bleu(['a b c d'], ['a b c d']))).toMatchObject({
    name: 'BLEU',
    score: 100,
    verbose_score: '100.0/100.0/100.0/100.0 (BP = 1.000 ratio = 1.000 hyp_len = 4 ref_len = 4)',
    nrefs: '1',
    version: '2.6.0+ts',
  });
});
