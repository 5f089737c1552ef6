"""Times lm-evaluation-harness's `hf` model on a list of contexts and continuations for the suite `eval`.

Usage: python tools/peers/lm_eval_requests.py '{"directory", "requests", "threads"}'; then requests as in apps/bench/src/programs/eval.program.ts,
see peer.py. float32 on the processor, 16 sequences at a time. Units: seconds of wall clock, tokenization included.
"""
import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"

from peer import serve


def prepare():
    import logging

    import lm_eval
    import torch
    import transformers
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    logging.disable(logging.WARNING)
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(options["directory"])
    weights = transformers.Qwen2ForCausalLM.from_pretrained(options["directory"], dtype=torch.float32).eval()
    model = HFLM(pretrained=weights, tokenizer=tokenizer, batch_size=16)
    with open(options["requests"], encoding="utf-8") as file:
        lists = json.load(file)

    def answer(request):
        asked = [
            Instance(request_type="loglikelihood", doc={}, arguments=(own["context"], own["continuation"]), idx=index)
            for index, own in enumerate(lists[request["case"]])
        ]
        start = time.perf_counter()
        answers = model.loglikelihood(asked, disable_tqdm=True)
        return {"seconds": time.perf_counter() - start, "logProbs": [log_prob for log_prob, _ in answers]}

    return {"version": lm_eval.__version__ if hasattr(lm_eval, "__version__") else "unknown"}, answer


serve(prepare)
