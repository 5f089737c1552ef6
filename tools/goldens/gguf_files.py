"""GGUF files as the Python package gguf writes them, for packages/checkpoint, and what transformers and tokenizers make of the tiny model.

Made with: gguf 0.19.0, numpy 2.4.6, torch 2.13.0 (CPU), transformers 5.23.0, tokenizers of that transformers; no random numbers.
Run:       python tools/goldens/gguf_files.py packages/checkpoint/test/golden/gguf
Judge:     python tools/goldens/gguf_files.py --read FILE.gguf   prints what gguf reads from a file of ours: metadata, and per tensor type, shape and SHA-256
           of the values as float32.
Writes:    tiny-qwen2/{config,tokenizer,tokenizer_config}.json (weights by formula: see `weights`), all-types.gguf with one metadata value of every type and
           one tensor of every type that is read here, and expected.json: its contents, the SHA-256 of the tiny model written by gguf's own writer in every
           type, token ids of texts, greedy tokens.
Tolerance: none: files are compared byte for byte, ids exactly. The greedy tokens have a margin of at least `margin` between the first and second logit.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import GGUFValueType as V

CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_act": "silu",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "vocab_size": 288,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000.0,
    "tie_word_embeddings": True,
    "bos_token_id": 265,
    "eos_token_id": 265,
    "torch_dtype": "float32",
}
MERGES = ["t h", "th e", "i n", "e r", "o n", "Ġ the", "a n", "an d", "Ġ and"]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEXTS = ["The other one and the thin end.", "in 1234\n\n  và 中文 🙂", "<|im_start|>user\nthe<|im_end|>\n<tool> and"]
FILE_TYPES = {"F32": 0, "F16": 1, "BF16": 32, "Q8_0": 7}


def byte_letters():
    """GPT-2's letters for the 256 bytes, in the order of its vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(b) for b in plain] + [chr(256 + i) for i in range(256 - len(plain))]


def tokenizer_files():
    vocab = {letter: i for i, letter in enumerate(byte_letters())}
    for merge in MERGES:
        vocab[merge.replace(" ", "")] = len(vocab)
    added = [
        {"id": len(vocab) + i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": i < 3}
        for i, content in enumerate([*SPECIAL, "<tool>"])
    ]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    split = {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "", "fuse_unk": False,
             "byte_fallback": False, "vocab": vocab, "merges": MERGES}
    tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": {"type": "NFC"},
                 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]}, "post_processor": level, "decoder": level, "model": model}
    config = {"tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": None,
              "chat_template": TEMPLATE}
    return tokenizer, config


def weights(name, shape):
    """(mix(hash(name) + i) / 2^32 - 0.5) * 0.6 in float32; 1 + a third of it for norms. FNV-1a hash, lowbias32 mix."""
    value = 0x811C9DC5
    for char in name:
        value = ((value ^ ord(char)) * 0x01000193) & 0xFFFFFFFF
    x = (value + np.arange(int(np.prod(shape)), dtype=np.uint64)) & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    x = x ^ (x >> 16)
    spread = (x.astype(np.float64) / 2**32 - 0.5) * 0.6
    return (1 + spread / 3 if name.endswith("norm.weight") else spread).astype(np.float32).reshape(shape)


def tensors():
    """(llama.cpp's name, Hugging Face's name, shape)"""
    D, F, K, V_ = 64, 96, 32, 288
    yield "token_embd.weight", "model.embed_tokens.weight", (V_, D)
    for i in range(CONFIG["num_hidden_layers"]):
        for ours, theirs, shape in [
            ("attn_norm.weight", "input_layernorm.weight", (D,)),
            ("attn_q.weight", "self_attn.q_proj.weight", (D, D)), ("attn_q.bias", "self_attn.q_proj.bias", (D,)),
            ("attn_k.weight", "self_attn.k_proj.weight", (K, D)), ("attn_k.bias", "self_attn.k_proj.bias", (K,)),
            ("attn_v.weight", "self_attn.v_proj.weight", (K, D)), ("attn_v.bias", "self_attn.v_proj.bias", (K,)),
            ("attn_output.weight", "self_attn.o_proj.weight", (D, D)), ("ffn_norm.weight", "post_attention_layernorm.weight", (D,)),
            ("ffn_gate.weight", "mlp.gate_proj.weight", (F, D)), ("ffn_up.weight", "mlp.up_proj.weight", (F, D)),
            ("ffn_down.weight", "mlp.down_proj.weight", (D, F)),
        ]:
            yield f"blk.{i}.{ours}", f"model.layers.{i}.{theirs}", shape
    yield "output_norm.weight", "model.norm.weight", (D,)


def write_tiny(path, dtype):
    tokenizer, config = tokenizer_files()
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_type("model")
    writer.add_name("tiny-qwen2")
    writer.add_block_count(CONFIG["num_hidden_layers"])
    writer.add_context_length(CONFIG["max_position_embeddings"])
    writer.add_embedding_length(CONFIG["hidden_size"])
    writer.add_feed_forward_length(CONFIG["intermediate_size"])
    writer.add_head_count(CONFIG["num_attention_heads"])
    writer.add_head_count_kv(CONFIG["num_key_value_heads"])
    writer.add_rope_freq_base(CONFIG["rope_theta"])
    writer.add_layer_norm_rms_eps(CONFIG["rms_norm_eps"])
    writer.add_file_type(FILE_TYPES[dtype])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    words = {i: token for token, i in tokenizer["model"]["vocab"].items()}
    added = {token["id"]: token for token in tokenizer["added_tokens"]}
    tokens, types = [], []
    for i in range(CONFIG["vocab_size"]):
        if i in added:
            tokens.append(added[i]["content"])
            types.append(gguf.TokenType.CONTROL if added[i]["special"] else gguf.TokenType.USER_DEFINED)
        else:
            tokens.append(words.get(i, f"[PAD{i}]"))
            types.append(gguf.TokenType.NORMAL if i in words else gguf.TokenType.UNUSED)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(265)
    writer.add_eos_token_id(267)
    writer.add_pad_token_id(265)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(TEMPLATE)
    for ours, theirs, shape in tensors():
        values = weights(theirs, shape)
        kind = T[dtype] if len(shape) > 1 else T.F32
        writer.add_tensor(ours, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_all_types(path):
    """@returns what the file holds, in JSON: 64-bit integers as text"""
    scalars = [("u8", 200, V.UINT8), ("i8", -100, V.INT8), ("u16", 60000, V.UINT16), ("i16", -30000, V.INT16), ("u32", 4000000000, V.UINT32),
               ("i32", -2000000000, V.INT32), ("f32", 0.1, V.FLOAT32), ("f64", 0.1, V.FLOAT64), ("u64", 2**64 - 1, V.UINT64), ("i64", -(2**63), V.INT64),
               ("yes", True, V.BOOL), ("no", False, V.BOOL), ("text", "é 中 🙂\n", V.STRING), ("empty", "", V.STRING)]
    lists = [("numbers", [1, -2, 3], V.INT32), ("reals", [0.5, -0.25], V.FLOAT32), ("words", ["", "a", "né"], V.STRING), ("flags", [True, False], V.BOOL)]
    rows = np.linspace(-3, 5, 4 * 64, dtype=np.float32).reshape(4, 64)
    writer = gguf.GGUFWriter(path, "test")
    metadata = {"general.architecture": ["STRING", "test"]}
    for name, value, kind in scalars:
        writer.add_key_value(f"test.{name}", value, kind)
        seen = str(value) if name in ("u64", "i64") else float(np.float32(value)) if name == "f32" else value
        metadata[f"test.{name}"] = [kind.name, seen]
    for name, value, kind in lists:
        writer.add_key_value(f"test.{name}", value, V.ARRAY, sub_type=kind)
        metadata[f"test.{name}"] = ["ARRAY", kind.name, value]
    listed = {}
    for kind in (T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0):
        packed = gguf.quants.quantize(rows, kind)
        writer.add_tensor(kind.name, packed, raw_dtype=kind)
        listed[kind.name] = {"shape": [4, 64], "values": gguf.quants.dequantize(packed, kind).astype(np.float32).ravel().tolist()}
    for kind, dtype in ((T.F64, np.float64), (T.I8, np.int8), (T.I16, np.int16), (T.I32, np.int32)):
        values = np.array([[-5, 0, 7]], dtype=dtype)
        writer.add_tensor(kind.name, values, raw_dtype=kind)
        listed[kind.name] = {"shape": [1, 3], "values": values.ravel().tolist()}
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return {"metadata": metadata, "tensors": listed}


def judge_transformers(directory):
    import torch
    import transformers
    from transformers import Qwen2Config, Qwen2ForCausalLM
    from tokenizers import Tokenizer

    model = Qwen2ForCausalLM(Qwen2Config(**{k: v for k, v in CONFIG.items() if k not in ("architectures", "model_type", "torch_dtype")})).float().eval()
    state = {theirs: torch.from_numpy(weights(theirs, shape)) for _, theirs, shape in tensors()}
    missing = model.load_state_dict(state, strict=False).missing_keys
    assert set(missing) <= {"lm_head.weight"}, missing
    model.tie_weights()
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    texts = [{"text": text, "ids": tokenizer.encode(text).ids} for text in TEXTS]
    prompt = texts[0]["ids"]
    greedy, margin = [], float("inf")
    with torch.no_grad():
        for _ in range(24):
            top = model(torch.tensor([prompt + greedy])).logits[0, -1].topk(2)
            margin = min(margin, float(top.values[0] - top.values[1]))
            greedy.append(int(top.indices[0]))
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": np.__version__}
    return {"versions": versions, "texts": texts, "prompt": prompt, "greedy": greedy, "margin": margin}


def read(path):
    reader = gguf.GGUFReader(path)
    metadata = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    listed = {}
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        listed[tensor.name] = {"type": tensor.tensor_type.name, "shape": list(values.shape), "sha256": hashlib.sha256(values.tobytes()).hexdigest()}
    print(json.dumps({"metadata": metadata, "tensors": listed}, ensure_ascii=False))


def main(directory):
    tiny = directory / "tiny-qwen2"
    tiny.mkdir(parents=True, exist_ok=True)
    tokenizer, config = tokenizer_files()
    for name, contents in (("config", CONFIG), ("tokenizer", tokenizer), ("tokenizer_config", config)):
        (tiny / f"{name}.json").write_text(json.dumps(contents, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    expected = {"allTypes": write_all_types(directory / "all-types.gguf"), "tinySha256": {}}
    with tempfile.TemporaryDirectory() as temporary:
        for dtype in FILE_TYPES:
            path = Path(temporary) / f"{dtype}.gguf"
            write_tiny(path, dtype)
            expected["tinySha256"][dtype] = hashlib.sha256(path.read_bytes()).hexdigest()
    expected["tiny"] = judge_transformers(tiny)
    (directory / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n", encoding="utf-8")


if sys.argv[1] == "--read":
    read(sys.argv[2])
else:
    main(Path(sys.argv[1]))
