"""Reference outputs of transformers' Qwen2 for two tiny models whose weights come from a formula.

Made with: torch 2.13.0 (CPU, float32), transformers 5.23.0, numpy 2.4.6; attn_implementation "eager"; no random numbers.
Run:       python tools/goldens/qwen2.py > packages/model/test/golden/qwen2.json
Tolerance: 1e-4 relative to the largest value: both sides sum float32 products in different orders.

The formula is repeated in packages/model/test/golden/formula-weights.ts: element i of a tensor is an integer hash of its name and i, spread
evenly over [-0.15, 0.15); norms are 1 plus a third of that.
"""

import json
import sys

import numpy as np
import torch
import transformers
from transformers import Qwen2Config, Qwen2ForCausalLM

MASK = 0xFFFFFFFF

CONFIGS = {
    "tied": dict(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=48,
        vocab_size=96, tie_word_embeddings=True, rope_theta=10_000.0, rms_norm_eps=1e-6,
    ),
    "untied": dict(
        hidden_size=48, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, intermediate_size=64,
        vocab_size=64, tie_word_embeddings=False, rope_theta=1_000_000.0, rms_norm_eps=1e-5,
    ),
}


def hash_name(name: str) -> int:
    value = 0x811C9DC5
    for byte in name.encode("ascii"):
        value = ((value ^ byte) * 0x01000193) & MASK
    return value


def hash_integers(x: np.ndarray) -> np.ndarray:
    """The 32-bit mixer "lowbias32" of C. Wellons (public domain)."""
    x = x.astype(np.uint64)
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x7FEB352D)) & np.uint64(MASK)
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(0x846CA68B)) & np.uint64(MASK)
    x ^= x >> np.uint64(16)
    return x


def formula(name: str, shape) -> torch.Tensor:
    size = int(np.prod(shape))
    mixed = hash_integers((np.arange(size, dtype=np.uint64) + np.uint64(hash_name(name))) & np.uint64(MASK))
    values = (mixed.astype(np.float64) / 2**32 - 0.5) * 0.3
    if name.endswith("norm.weight"):
        values = 1 + values / 3
    return torch.tensor(values.astype(np.float32)).reshape(tuple(shape))


def formula_ids(name: str, count: int, vocab_size: int) -> list[int]:
    return [int(v) % vocab_size for v in hash_integers(np.arange(count, dtype=np.uint64) + np.uint64(hash_name(name) % (MASK - count)))]


def build(options: dict) -> Qwen2ForCausalLM:
    options = dict(options)
    theta = options.pop("rope_theta")
    config = Qwen2Config(
        **options, max_position_embeddings=128, rope_parameters={"rope_type": "default", "rope_theta": theta},
        bos_token_id=1, eos_token_id=2, pad_token_id=None, attn_implementation="eager",
    )
    model = Qwen2ForCausalLM(config).to(torch.float32).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(formula(name, parameter.shape))
    return model


def numbers(tensor: torch.Tensor) -> list:
    return [float(f"{v:.7g}") for v in tensor.detach().flatten().tolist()]


def golden(options: dict) -> dict:
    model = build(options)
    V = options["vocab_size"]
    result = {"config": {**options, "max_position_embeddings": 128, "bos_token_id": 1, "eos_token_id": 2}}

    ids = torch.tensor(formula_ids("plain", 20, V)).reshape(2, 10)
    with torch.no_grad():
        result["plain"] = {"input_ids": ids.tolist(), "logits": numbers(model(input_ids=ids).logits)}

    # Left padding: the second row has 4 tokens of padding; only its real positions are compared.
    ids = torch.tensor(formula_ids("padded", 20, V)).reshape(2, 10)
    mask = torch.ones_like(ids)
    mask[1, :4] = 0
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
    result["leftPadded"] = {
        "input_ids": ids.tolist(), "attention_mask": mask.tolist(),
        "logitsRow0": numbers(logits[0]), "logitsRow1From4": numbers(logits[1, 4:]),
    }

    # Packed documents: what each document gives alone.
    lengths = [3, 1, 6]
    ids = formula_ids("packed", sum(lengths), V)
    pieces, start = [], 0
    for length in lengths:
        with torch.no_grad():
            pieces.append(model(input_ids=torch.tensor([ids[start:start + length]])).logits[0])
        start += length
    result["packed"] = {"input_ids": ids, "lengths": lengths, "logits": numbers(torch.cat(pieces))}

    # Loss and gradients, labels of the first row's first half and of one later token ignored.
    ids = torch.tensor(formula_ids("loss", 24, V)).reshape(2, 12)
    labels = ids.clone()
    labels[0, :6] = -100
    labels[1, 7] = -100
    loss = model(input_ids=ids, labels=labels).loss
    loss.backward()
    gradients = {}
    for name, parameter in model.named_parameters():
        flat = parameter.grad.flatten()
        picks = [int(i) for i in np.linspace(0, flat.numel() - 1, 6)]
        gradients[name] = {"l2": float(flat.norm()), "at": picks, "values": numbers(flat[picks])}
    result["loss"] = {
        "input_ids": ids.tolist(), "labels": labels.tolist(), "mean": loss.item(),
        "numPredicted": int((labels[:, 1:] != -100).sum()), "gradients": gradients,
    }

    # Greedy generation, prompts of different lengths, with and without a repetition penalty, each alone.
    prompts = [formula_ids("prompt a", 7, V), formula_ids("prompt b", 3, V), formula_ids("prompt c", 1, V)]
    generation = {"prompts": prompts}
    for key, penalty in (("greedy", 1.0), ("penalised", 1.3)):
        outputs = []
        for prompt in prompts:
            output = model.generate(
                torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), max_new_tokens=16,
                do_sample=False, repetition_penalty=penalty, eos_token_id=2, pad_token_id=2,
            )
            outputs.append(output[0, len(prompt):].tolist())
        generation[key] = outputs
    result["generation"] = generation
    return result


if __name__ == "__main__":
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": np.__version__}
    json.dump({"versions": versions, "models": {name: golden(options) for name, options in CONFIGS.items()}}, sys.stdout)
    print()
