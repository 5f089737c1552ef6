"""Cuts the output of tools/verify_export.py for the model of real size down to a fixture that is small enough to commit.

Made with: torch 2.13.0 (CPU), transformers 5.23.0; the model is written by packages/model/test/slow/write-real-size-model.ts.
Run:       python tools/verify_export.py DIRECTORY | python tools/goldens/qwen2_real_size.py > packages/model/test/slow/real-size.json
Tolerance: 1e-4 of the largest logit: sums of up to 4864 float32 products, in another order.
"""

import json
import sys

verified = json.load(sys.stdin)
logits = verified["logits"]
json.dump({
    "versions": verified["versions"],
    "numParams": verified["numParams"],
    "prompt": verified["prompt"],
    "numLogits": len(logits),
    "everyThousandth": logits[::1000],
    "sumOfSquares": sum(value * value for value in logits),
    "argmax": max(range(len(logits)), key=logits.__getitem__),
}, sys.stdout)
print()
