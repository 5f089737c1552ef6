"""Curation of documents in Python's usual parts for the suite `data`: datatrove's filters and MinHash signatures, py3langid's identification.

Usage: python tools/peers/data.py FILE; the file is JSON lines with `text`. Requests: {"task"}, see peer.py. Seconds are processor time.
datatrove's word tokenizer is replaced by `str.split`, the fastest there is (its own is spaCy's), and its 64-bit hash gets bytes, as xxhash 4 asks.
"""
import json
import sys
import time

from peer import serve


def prepare():
    import datatrove.pipeline.dedup.minhash as minhash
    import datatrove.utils.text as text
    import py3langid
    import xxhash
    from datatrove.data import Document
    from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
    from datatrove.utils import word_tokenizers

    class Words(word_tokenizers.WordTokenizer):
        def word_tokenize(self, given):
            return given.split()

        def sent_tokenize(self, given):
            return [given]

        def span_tokenize(self, given):
            return []

    for module in (word_tokenizers, text, minhash):
        module.load_word_tokenizer = lambda language: Words()
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = [Document(text=json.loads(line)["text"], id=str(number)) for number, line in enumerate(file)]
    # Limits that nothing passes, so that every rule looks at every document.
    quality = GopherQualityFilter(min_stop_words=None, min_doc_words=0, max_doc_words=None, min_avg_word_length=None, max_avg_word_length=None,
                                  max_symbol_word_ratio=None, max_bullet_lines_ratio=None, max_ellipsis_lines_ratio=None, max_non_alpha_words_ratio=0)
    repetition = GopherRepetitionFilter(dup_line_frac=2, dup_para_frac=None, dup_line_char_frac=2, dup_para_char_frac=None,
                                        top_n_grams=((2, 2), (3, 2), (4, 2)), dup_n_grams=tuple((n, 2) for n in range(5, 11)))
    fineweb = FineWebQualityFilter(line_punct_thr=-1, short_line_thr=2, char_duplicates_ratio=2, new_line_ratio=1e9)
    filters = (quality, repetition, fineweb)
    signer = minhash.MinhashDedupSignature("unused", config=minhash.MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8))
    signer._hash_func = lambda gram: xxhash.xxh64_intdigest(gram.encode())

    def identify(document):
        py3langid.classify(document.text)

    def filter_all(document):
        for one in filters:
            one.filter(document)

    def sign(document):
        shingles = signer.get_shingles(document.text)
        if shingles.size:
            signer.get_signature(shingles)

    def cascade(document):
        identify(document)
        filter_all(document)
        sign(document)

    tasks = {"identify": identify, "filters": filter_all, "minhash": sign, "cascade": cascade}

    def answer(request):
        work = tasks[request["task"]]
        started = time.process_time()
        for document in documents:
            work(document)
        return {"seconds": time.process_time() - started, "count": len(documents)}

    from importlib.metadata import version

    return {"datatrove": version("datatrove"), "py3langid": version("py3langid")}, answer


serve(prepare)
