"""Times Hugging Face tokenizers (Rust) for the suite `tokenizer`, one text per call, or all in one call for the task `batch`; for `long` one word of 10 MB.

Usage: python tools/peers/tokenizers_bench.py FOLDER; the folder holds tokenizer.json and texts.json, a list. Requests: {"task", "vocabSize"},
see peer.py. RAYON_NUM_THREADS sets the threads of `batch`.
"""
import array
import json
import os
import sys
import time
import zlib

from peer import serve

os.environ["TOKENIZERS_PARALLELISM"] = "true" if os.environ.get("RAYON_NUM_THREADS", "1") != "1" else "false"

QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def prepare():
    from tokenizers import Regex, Tokenizer, __version__, models, normalizers, pre_tokenizers, trainers

    with open(os.path.join(sys.argv[1], "texts.json"), encoding="utf-8") as file:
        texts = json.load(file)
    tokenizer = Tokenizer.from_file(os.path.join(sys.argv[1], "tokenizer.json"))

    def train(vocab_size):
        fresh = Tokenizer(models.BPE())
        fresh.normalizer = normalizers.NFC()
        fresh.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(QWEN2), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ])
        fresh.train_from_iterator(texts, trainers.BpeTrainer(
            vocab_size=vocab_size - 3, min_frequency=2, show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
        return fresh.get_vocab_size()

    def encode_long():
        with open(os.path.join(sys.argv[1], "long.txt"), encoding="utf-8", newline="") as file:
            word = file.read()
        started = time.perf_counter()
        ids = tokenizer.encode(word).ids
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "count": len(ids), "checksum": zlib.crc32(array.array("I", ids).tobytes())}

    def answer(request):
        if request["task"] == "long":
            return encode_long()
        started = time.perf_counter()
        if request["task"] == "train":
            count = train(request["vocabSize"])
        elif request["task"] == "batch":
            count = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(texts))
        else:
            count = sum(len(tokenizer.encode(text).ids) for text in texts)
        return {"seconds": time.perf_counter() - started, "count": count}

    return {"version": __version__}, answer


serve(prepare)
