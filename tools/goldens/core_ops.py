"""Goldens of @marco-ts/core's operations: values and gradients from PyTorch.

Writes packages/core/test/golden/core-ops.json.   Run: python tools/goldens/core_ops.py
Versions: torch 2.13.0 (CPU), transformers 5.23.0, numpy 2.4.6. Seeds: the first argument of `formula_values`.
Inputs: not stored; both languages make them from `formula_values` (integer hash, exact in float32 and float64 alike).
Reference: float64 arithmetic on the float32 inputs, so that the golden is the true value; the rotary embedding and AdamW run in
float32, because there the published code's own float32 steps are the reference.
Tolerance: 2e-6 absolute plus 2e-6 relative, float32 rounding over these sizes; 2e-5 for the rotary embedding, whose angles (up to
4095 radians) carry float32 rounding in the reference itself, and 2e-4 there on WebGPU, which promises sines to 2^-11.
"""

import json
import math
import pathlib

import numpy as np
import torch
from transformers.models.qwen2.modeling_qwen2 import apply_rotary_pos_emb

IGNORE_INDEX = -100


def formula_values(seed, shape, scale=1.0):
    """float32 values in [-scale/2, scale/2): a 32-bit mixing of index and seed."""
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    mask = np.uint64(0xFFFFFFFF)
    x = (index * np.uint64(2654435761) + np.uint64(seed) * np.uint64(40503) + np.uint64(1)) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x45D9F3B)) & mask
    x ^= x >> np.uint64(16)
    values = (x.astype(np.float64) / 4294967296.0 - 0.5) * scale
    return values.reshape(shape).astype(np.float32)


def leaf(seed, shape, scale=1.0, dtype=torch.float64):
    return torch.tensor(formula_values(seed, shape, scale), dtype=dtype).requires_grad_(True)


def finish(output, cotangent_seed, leaves):
    """The output and the gradients of sum(output * cotangent)."""
    cotangent = torch.tensor(formula_values(cotangent_seed, tuple(output.shape)), dtype=output.dtype)
    (output * cotangent).sum().backward()
    return {"output": numbers(output), "grads": {name: numbers(tensor.grad) for name, tensor in leaves.items()}}


def numbers(tensor):
    return [float(f"{value:.8g}") for value in tensor.detach().double().flatten().tolist()]


def embedding():
    ids = [[3, 0, 3, 10, 3], [1, 2, 10, 0, 9]]
    weight = leaf(1, (11, 6))
    output = torch.nn.functional.embedding(torch.tensor(ids), weight)
    return {"ids": ids, **finish(output, 2, {"weight": weight})}


def linear():
    x, weight, bias = leaf(3, (2, 5, 7)), leaf(4, (9, 7)), leaf(5, (9,))
    return finish(torch.nn.functional.linear(x, weight, bias), 6, {"x": x, "weight": weight, "bias": bias})


def rms_norm():
    x, weight = leaf(7, (2, 5, 24), 3.0), leaf(8, (24,), 2.0)
    output = weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))
    return {"eps": 1e-6, **finish(output, 9, {"x": x, "weight": weight})}


def rotary_embedding():
    position_ids = [[0, 1, 2, 1000, 4095, 0], [7, 8, 9, 10, 0, 1]]
    theta, head_size = 1_000_000.0, 8
    x = leaf(10, (2, 6, 3, head_size), 2.0, torch.float32)
    inverse_frequency = 1.0 / (theta ** (torch.arange(0, head_size, 2, dtype=torch.int64).float() / head_size))
    angles = torch.tensor(position_ids).float()[:, :, None] * inverse_frequency
    embedded = torch.cat((angles, angles), dim=-1)
    output, _ = apply_rotary_pos_emb(x, x, embedded.cos(), embedded.sin(), unsqueeze_dim=2)
    return {"positionIds": position_ids, "theta": theta, **finish(output, 11, {"x": x})}


def attention(seed, num_queries, heads, key_heads, head_size, query_segments, key_segments):
    batch, num_keys = len(key_segments), len(key_segments[0])
    q = leaf(seed, (batch, num_queries, heads, head_size), 2.0)
    k = leaf(seed + 1, (batch, num_keys, key_heads, head_size), 2.0)
    v = leaf(seed + 2, (batch, num_keys, key_heads, head_size), 2.0)
    query_ids, key_ids = torch.tensor(query_segments), torch.tensor(key_segments)
    positions = torch.arange(num_queries) + num_keys - num_queries
    visible = (query_ids[:, :, None] == key_ids[:, None, :]) & (query_ids[:, :, None] >= 0)
    visible &= torch.arange(num_keys)[None, None, :] <= positions[None, :, None]
    sees_something = visible.any(-1)
    safe = visible | ~sees_something[:, :, None]
    groups = heads // key_heads
    keys, values = k.repeat_interleave(groups, 2).transpose(1, 2), v.repeat_interleave(groups, 2).transpose(1, 2)
    scores = q.transpose(1, 2) @ keys.transpose(2, 3) / math.sqrt(head_size)
    probabilities = scores.masked_fill(~safe[:, None], float("-inf")).softmax(-1)
    output = (probabilities @ values).transpose(1, 2) * sees_something[:, :, None, None]
    return {
        "numQueries": num_queries, "heads": heads, "keyHeads": key_heads, "headSize": head_size, "seed": seed,
        "querySegmentIds": query_segments, "keySegmentIds": key_segments,
        **finish(output, seed + 3, {"q": q, "k": k, "v": v}),
    }


def swiglu():
    gate, up = leaf(60, (2, 4, 10), 6.0), leaf(61, (2, 4, 10), 2.0)
    return finish(torch.nn.functional.silu(gate) * up, 62, {"gate": gate, "up": up})


def linear_cross_entropy():
    rows, hidden_size, vocabulary = 150, 8, 37
    labels = [IGNORE_INDEX if row % 7 == 3 else (row * 11) % vocabulary for row in range(rows)]
    hidden, weight = leaf(70, (rows, hidden_size), 4.0), leaf(71, (vocabulary, hidden_size), 2.0)
    output = torch.nn.functional.cross_entropy(
        hidden @ weight.T, torch.tensor(labels), reduction="none", ignore_index=IGNORE_INDEX)
    return {"labels": labels, **finish(output, 72, {"hidden": hidden, "weight": weight})}


def adamw():
    settings = {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8, "weightDecay": 0.1}
    grad_scale = 0.25
    param = torch.nn.Parameter(torch.tensor(formula_values(80, (3, 5))))
    optimizer = torch.optim.AdamW(
        [param], lr=0.01, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1, foreach=False, fused=False)
    params = []
    for step in range(1, 6):
        param.grad = torch.tensor(formula_values(80 + step, (3, 5))) * grad_scale
        optimizer.step()
        params.append(numbers(param))
    state = optimizer.state[param]
    return {"settings": {**settings, "gradScale": grad_scale}, "params": params,
            "m": numbers(state["exp_avg"]), "v": numbers(state["exp_avg_sq"])}


def main():
    packed = [[0, 0, 0, 1, 1, 2, -1], [4, 4, 4, 4, 4, -1, -1]]
    cached = [[0, 0, 0, 0, 0, 0, 0], [-1, -1, 3, 3, 3, 3, 3]]
    golden = {
        "embedding": embedding(), "linear": linear(), "rmsNorm": rms_norm(), "rotaryEmbedding": rotary_embedding(),
        "attentionPacked": attention(20, 7, 4, 2, 8, packed, packed),
        "attentionMultiQuery": attention(30, 7, 3, 1, 4, packed, packed),
        "attentionAllHeads": attention(40, 7, 2, 2, 4, packed, packed),
        "attentionCached": attention(50, 3, 4, 2, 8, [row[-3:] for row in cached], cached),
        "swiglu": swiglu(), "linearCrossEntropy": linear_cross_entropy(), "adamw": adamw(),
    }
    path = pathlib.Path(__file__).parents[2] / "packages/core/test/golden/core-ops.json"
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in golden.items())
    path.write_text("{\n" + lines + "\n}\n")
    print(f"{path.name}: {path.stat().st_size} bytes, torch {torch.__version__}")


if __name__ == "__main__":
    main()
