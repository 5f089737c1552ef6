"""Times Hugging Face tokenizers (Rust) for packages/tokenizer/bench/encode.mjs, one thread, one text per call.

Reads a JSON file { "tokenizer": path of tokenizer.json, "texts": [...] }; then answers each line on standard input:
`encode` encodes all texts, `train N` trains a vocabulary of N on them. Prints one JSON line { "seconds", "count" } per request.
Usage: python tools/peers/tokenizers_bench.py FILE
"""
import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

from tokenizers import Regex, Tokenizer, __version__, models, normalizers, pre_tokenizers, trainers  # noqa: E402

QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"

with open(sys.argv[1], encoding="utf-8") as file:
    task = json.load(file)
texts = task["texts"]
tokenizer = Tokenizer.from_file(task["tokenizer"])
print(json.dumps({"version": __version__}), flush=True)
for line in sys.stdin:
    request = line.split()
    started = time.perf_counter()
    if request[0] == "encode":
        count = 0
        for text in texts:
            count += len(tokenizer.encode(text).ids)
    else:
        fresh = Tokenizer(models.BPE())
        fresh.normalizer = normalizers.NFC()
        fresh.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(QWEN2), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ])
        fresh.train_from_iterator(texts, trainers.BpeTrainer(
            vocab_size=int(request[1]) - 3, min_frequency=2, show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
        count = fresh.get_vocab_size()
    print(json.dumps({"seconds": time.perf_counter() - started, "count": count}), flush=True)
