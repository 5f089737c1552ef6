"""Times training steps of transformers' Qwen2 in float32 on the processor for the suite `train-step`.

Usage: python tools/peers/train_step.py '{"shape", "threads", "recompute", "attention"}'; then requests {"task": "step" | "memory"}, see peer.py.
A step is forward, backward, clipping of the global norm to 1, and torch's fused AdamW.
"""
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
    model.train()
    if options["recompute"]:
        model.activation_checkpointing_enable()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    ids = torch.randint(config["vocabSize"], (shape["batchSize"], shape["sequenceLength"]))

    def step():
        model(input_ids=ids, labels=ids).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def answer(request):
        if request["task"] == "step":
            start = time.perf_counter()
            step()
            return {"seconds": time.perf_counter() - start}
        return {"peakRssMib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}

    step()
    facts = {
        "numParams": sum(parameter.numel() for parameter in model.parameters()),
        "torch": torch.__version__,
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "transformers": transformers.__version__,
    }
    return facts, answer


serve(prepare)
