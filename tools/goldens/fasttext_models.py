"""Small supervised fastText models and their predictions: packages/data/test/golden/fasttext/.

Pinned: Python 3.11, fasttext-wheel 0.9.2, numpy 2.4.6. Trained with one thread on sentences written by formula below, for each loss, with and
without subwords and word n-grams, and quantized with and without norms, pruned and with a quantized output. Tolerance: 1e-5 on probabilities
(fastText sums in float32).

Run: python tools/goldens/fasttext_models.py
"""

import json
import pathlib
import random
import tempfile

import fasttext

fasttext.FastText.eprint = lambda *_: None
random.seed(3)
WORDS = {
    "eng_Latn": "the river and bridge of town was not very old but water came".split(),
    "deu_Latn": "der Fluss und Brücke von Stadt war nicht sehr alt aber Wasser kam".split(),
    "fra_Latn": "la rivière et pont de ville était pas très vieille mais eau venait".split(),
    "rus_Cyrl": "река и мост из города был не очень старый но вода пришла".split(),
    "jpn_Jpan": "川 と 橋 の 町 は 古い が 水 来た とても 新しい".split(),
    "tha_Thai": "แม่น้ำ และ สะพาน ของ เมือง ไม่ เก่า แต่ น้ำ มา".split(),
    "ben_Beng": "নদী এবং সেতু শহর ছিল না খুব পুরানো কিন্তু জল".split(),
}
folder = pathlib.Path(__file__).parents[2] / "packages/data/test/golden/fasttext"
folder.mkdir(parents=True, exist_ok=True)
lines = []
for rank, (label, words) in enumerate(WORDS.items()):
    for _ in range(120 - 12 * rank):
        lines.append(f"__label__{label} " + " ".join(random.choices(words, k=random.randint(2, 9))))
random.shuffle(lines)
TEXTS = ["the river", "der Fluss war alt", "rivière", "мост и вода", "川 と 橋", "แม่น้ำ เก่า", "নদী খুব", "unseenword", "", "  two  spaces\tand tab ", "__label__eng_Latn the",
         "__label__unknown der", "Wasser the мост", "</s>", "ünïcödé 😀 𐐷", "the " * 40, "x", "\u00a0nbsp", "a\u3000b"]
MODELS = {
    "softmax.bin": dict(loss="softmax", dim=8, bucket=200, minn=2, maxn=4),
    "words.bin": dict(loss="softmax", dim=6, bucket=100, minn=0, maxn=0, wordNgrams=3),
    "hs.bin": dict(loss="hs", dim=8, bucket=150, minn=1, maxn=3, wordNgrams=2),
    "ova.bin": dict(loss="ova", dim=8, bucket=150, minn=3, maxn=5, lr=0.5),
    "ns.bin": dict(loss="ns", dim=5, bucket=100, minn=2, maxn=3, neg=2),
    "quantized.ftz": dict(loss="softmax", dim=9, bucket=400, minn=2, maxn=4, quantize=dict(dsub=2)),
    "quantized-norm-pruned.ftz": dict(loss="hs", dim=8, bucket=400, minn=2, maxn=3, wordNgrams=2, quantize=dict(qnorm=True, cutoff=300, dsub=2)),
}
golden = {}
with tempfile.TemporaryDirectory() as temporary:
    train = pathlib.Path(temporary, "train.txt")
    train.write_text("\n".join(lines) + "\n", encoding="utf8")
    for name, options in MODELS.items():
        quantize = options.pop("quantize", None)
        model = fasttext.train_supervised(str(train), thread=1, epoch=8, seed=1, verbose=0, **options)
        if quantize:
            model.quantize(input=str(train), retrain=False, thread=1, verbose=0, **quantize)
        model.save_model(str(folder / name))
        saved = fasttext.load_model(str(folder / name))
        golden[name] = [[text, [[label.removeprefix("__label__"), p] for p, label in saved.f.predict(text + "\n", 7, 0.0, "strict")]] for text in TEXTS]
(folder / "predictions.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf8")
print({name: (folder / name).stat().st_size for name in golden})
