"""Times generation by transformers' Qwen2 in float32 on the processor for the suite `generate`.

Usage: python tools/peers/generate.py '{"directory", "threads"}'; then requests as in apps/bench/src/programs/generate.program.ts, see peer.py.
Tokens are chosen by calling the model with its cache, which costs less than `generate` of transformers around it.
"""
import json
import statistics
import sys
import time

from peer import serve


def prepare():
    import torch
    import transformers

    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    start = time.perf_counter()
    model = transformers.Qwen2ForCausalLM.from_pretrained(options["directory"], dtype=torch.float32).eval()
    loaded = time.perf_counter()
    vocab_size = model.config.vocab_size

    def prompts_of(batch_size, length):
        return torch.tensor([[(i * 7919 + row * 31) % vocab_size for i in range(length)] for row in range(batch_size)])

    @torch.inference_mode()
    def run(prompts, num_tokens):
        """The new tokens [B, T] and the time at which each column was there."""
        ids, past, columns, ends = prompts, None, [], []
        for _ in range(num_tokens):
            output = model(ids, past_key_values=past, use_cache=True, logits_to_keep=1)
            ids, past = output.logits[:, -1].argmax(-1, keepdim=True), output.past_key_values
            columns.append(ids)
            ends.append(time.perf_counter())
        return torch.cat(columns, 1), ends

    run(prompts_of(1, 16), 1)
    first_token = time.perf_counter()

    def read_one_gibibyte():
        x = torch.ones(2**28)
        x.sum()
        begin = time.perf_counter()
        x.sum()
        return time.perf_counter() - begin

    def answer(request):
        if request["task"] == "read":
            return {"seconds": read_one_gibibyte()}
        prompts = prompts_of(request.get("batchSize", 1), request["promptLength"])
        begin = time.perf_counter()
        tokens, ends = run(prompts, request.get("numTokens", 1))
        if request["task"] == "prefill":
            return {"seconds": ends[0] - begin}
        if request["task"] == "greedy":
            return {"tokens": tokens[0].tolist()}
        return {"seconds": statistics.median(later - earlier for earlier, later in zip(ends, ends[1:]))}

    facts = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "loadSeconds": loaded - start,
        "firstTokenSeconds": first_token - start,
    }
    return facts, answer


serve(prepare)
