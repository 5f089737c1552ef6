"""Times training steps of transformers' Qwen2 for the suites `train-step` (on the processor) and `webgpu` (by CUDA).

Usage: python tools/peers/train_step.py '{"shape", "threads", "recompute", "attention", "device", "precision"}'; then requests {"task": "step" |
"memory" | "product"}, see peer.py. `precision` is float32, or bfloat16 for autocast over float32 weights.
A step is forward, backward, clipping of the global norm to 1, and torch's fused AdamW.
"""
import contextlib
import json
import resource
import sys
import time

from peer import serve


def prepare():
    import torch
    import transformers

    options = json.loads(sys.argv[1])
    shape, config = options["shape"], options["shape"]["config"]
    torch.set_num_threads(options["threads"])
    device = options.get("device", "cpu")
    if device == "cuda" and not torch.cuda.is_available():
        raise ImportError("torch finds no CUDA device")
    is_half = options.get("precision") == "bfloat16"
    autocast = torch.autocast(device, torch.bfloat16) if is_half else contextlib.nullcontext()
    torch.manual_seed(1)
    model = transformers.Qwen2ForCausalLM._from_config(
        transformers.Qwen2Config(
            vocab_size=config["vocabSize"],
            hidden_size=config["hiddenSize"],
            intermediate_size=config["intermediateSize"],
            num_hidden_layers=config["numHiddenLayers"],
            num_attention_heads=config["numAttentionHeads"],
            num_key_value_heads=config["numKeyValueHeads"],
            max_position_embeddings=config["maxPositionEmbeddings"],
            rms_norm_eps=config["rmsNormEps"],
            tie_word_embeddings=config["tieWordEmbeddings"],
            rope_parameters={"rope_type": "default", "rope_theta": config["ropeTheta"]},
            use_cache=False,
        ),
        attn_implementation=options["attention"],
        dtype=torch.float32,
    )
    model.to(device).train()
    if options["recompute"]:
        model.activation_checkpointing_enable()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    ids = torch.randint(config["vocabSize"], (shape["batchSize"], shape["sequenceLength"]), device=device)

    def synchronize():
        if device == "cuda":
            torch.cuda.synchronize()

    def step():
        with autocast:
            loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def answer(request):
        if request["task"] == "step":
            start = time.perf_counter()
            step()
            synchronize()
            return {"seconds": time.perf_counter() - start}
        if request["task"] == "product":
            return {"operationsPerSecond": product_rate(request["size"])}
        return {"peakRssMib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}

    def product_rate(size, num_products=20):
        a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16 if is_half else torch.float32) for _ in "ab")
        a @ b.T
        synchronize()
        start = time.perf_counter()
        for _ in range(num_products):
            a @ b.T
        synchronize()
        return num_products * 2 * size**3 / (time.perf_counter() - start)

    step()
    synchronize()
    facts = {
        "numParams": sum(parameter.numel() for parameter in model.parameters()),
        "torch": torch.__version__,
        "vectors": torch.backends.cpu.get_cpu_capability(),
        **({"device": torch.cuda.get_device_name()} if device == "cuda" else {}),
        "transformers": transformers.__version__,
    }
    return facts, answer


serve(prepare)
