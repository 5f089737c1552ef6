"""Times sacrebleu's BLEU, chrF, chrF++ and TER for the suite `metrics`.

Usage: python tools/peers/metrics.py pairs.json; then requests {"metric", "start", "end"}, see peer.py. Units: seconds of processor time.
"""
import json
import sys
import time

from peer import serve


def prepare():
    import sacrebleu
    from sacrebleu.metrics import BLEU, CHRF, TER

    metrics = {"bleu": (BLEU, {}), "chrf": (CHRF, {}), "chrf++": (CHRF, {"word_order": 2}), "ter": (TER, {})}
    with open(sys.argv[1], encoding="utf-8") as file:
        pairs = json.load(file)

    def answer(request):
        kind, options = metrics[request["metric"]]
        chosen = slice(request["start"], request["end"])
        hypotheses, references = pairs["hypotheses"][chosen], [pairs["references"][chosen]]
        start = time.process_time()
        score = kind(**options).corpus_score(hypotheses, references).score
        return {"seconds": time.process_time() - start, "score": score}

    return {"version": sacrebleu.__version__}, answer


serve(prepare)
