"""Writes packages/tokenizer/test/golden/fixtures/training.json: merges that Hugging Face's BpeTrainer learns, to be learned again exactly.

`formula`: texts made by a seeded formula, in the fixture, with the merges under several options. `real`: for files found through
MARCO_TEST_DATA, only the number of merges and the SHA-256 of merges.txt lines joined by newlines. Tolerance: none.

Pinned: tokenizers==0.23.3. Usage: MARCO_TEST_DATA=... python tools/goldens/tokenizer_training.py
"""
import hashlib
import json
import os
import pathlib
import random
import time

import tokenizers
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

assert tokenizers.__version__ == "0.23.3", tokenizers.__version__
ROOT = pathlib.Path(__file__).resolve().parents[2]
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

STEMS = {
    "latin": "ban ana nana anan mi mimi ssa sas tha that ing aaa ab ba aba bab e\u0301 ñ".split(),
    "cyrillic": "по ко око поко ние иен".split(),
    "arabic": "ال لا الال سلام".split(),
    "devanagari": "कि किकि नम मन".split(),
    "chinese": "中中 国中 中国 人人".split(),
    "signs": "== === -- --- 12 1212 ... 🙂🙂".split(),
}


def formula_texts():
    rng = random.Random(7)
    texts = []
    for index in range(120):
        stems = STEMS[sorted(STEMS)[index % len(STEMS)]]
        words = ["".join(rng.choice(stems) for _ in range(rng.randint(1, 4))) for _ in range(30)]
        texts.append(" ".join(words) + ("\n" if index % 3 else ""))
    return texts


def train(texts, vocab_size, min_frequency, max_token_length=None):
    tok = Tokenizer(models.BPE())
    tok.normalizer = normalizers.NFC()
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    extra = {} if max_token_length is None else {"max_token_length": max_token_length}
    trainer = trainers.BpeTrainer(vocab_size=vocab_size - 3, min_frequency=min_frequency, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **extra)
    started = time.time()
    tok.train_from_iterator(texts, trainer)
    seconds = time.time() - started
    model = json.loads(tok.to_str())["model"]
    return [" ".join(m) if isinstance(m, list) else m for m in model["merges"]], seconds


def read_texts(names):
    for name in names:
        with open(pathlib.Path(os.environ["MARCO_TEST_DATA"]) / name, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield row["text"] if "text" in row else "\n".join(row["paras"])


texts = formula_texts()
formula = []
for options in [{"vocab_size": 700, "min_frequency": 2}, {"vocab_size": 5000, "min_frequency": 0},
                {"vocab_size": 900, "min_frequency": 5}, {"vocab_size": 5000, "min_frequency": 1, "max_token_length": 7}]:
    merges, _ = train(texts, **options)
    formula.append({**options, "merges": merges if len(merges) < 700 else None, "numMerges": len(merges),
                    "sha256": hashlib.sha256("\n".join(merges).encode()).hexdigest()})
real = []
for files, options in [
    (["mono/udhr/udhr.jsonl"], {"vocab_size": 8192, "min_frequency": 2}),
    (["mono/udhr/udhr.jsonl"], {"vocab_size": 60000, "min_frequency": 2, "max_token_length": 9}),
    ([f"mono/masakhanews/{l}.jsonl" for l in ("am", "en", "fr", "ha", "sw", "yo")], {"vocab_size": 32000, "min_frequency": 0}),
]:
    if "MARCO_TEST_DATA" not in os.environ:
        raise SystemExit("MARCO_TEST_DATA is needed")
    merges, seconds = train(list(read_texts(files)), **options)
    print(files[0], options, len(merges), f"{seconds:.2f} s")
    real.append({"files": files, **options, "numMerges": len(merges), "sha256": hashlib.sha256("\n".join(merges).encode()).hexdigest()})
target = ROOT / "packages/tokenizer/test/golden/fixtures/training.json"
target.write_text(json.dumps({"library": "tokenizers 0.23.3", "texts": texts, "formula": formula, "real": real}, separators=(",", ":")) + "\n")
print(target.stat().st_size, [(f["numMerges"]) for f in formula])
