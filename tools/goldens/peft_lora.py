"""Reference outputs of PEFT's LoRA on the golden models of qwen2.py, with adapter weights from the same formula.

Made with: torch 2.13.0 (CPU, float32), transformers 5.23.0, peft 0.21.2.
Run:       python tools/goldens/peft_lora.py > packages/model/test/golden/peft-lora.json
           python tools/goldens/peft_lora.py check CASE DIRECTORY   loads an adapter that our saveLora wrote and prints its logits
           python tools/goldens/peft_lora.py save CASE DIRECTORY    writes the adapter of a case as PEFT does
Tolerance: 1e-4 relative, as in qwen2.py.
"""

import json
import pathlib
import sys

import peft
import torch
from peft import LoraConfig, PeftModel, get_peft_model

from qwen2 import CONFIGS, build, formula, formula_ids, numbers

CASES = {
    "some modules": {"model": "untied", "r": 4, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj", "down_proj"]},
    "all linear, rank-stabilized": {"model": "tied", "r": 9, "lora_alpha": 6, "target_modules": "all-linear", "use_rslora": True},
    "output layer and longer names": {
        "model": "untied", "r": 3, "lora_alpha": 5, "target_modules": ["lm_head", "mlp.gate_proj", "layers.1.self_attn.o_proj"],
    },
    "output layer of a tied model": {"model": "tied", "r": 2, "lora_alpha": 3, "target_modules": ["lm_head", "k_proj"]},
    "regular expression": {"model": "untied", "r": 2, "lora_alpha": 4, "target_modules": r".*\.1\..*_proj"},
}


def ids_of(case):
    return torch.tensor([formula_ids("lora", 8, CONFIGS[case["model"]]["vocab_size"])])


def logits_of(model, case):
    with torch.no_grad():
        return numbers(model(input_ids=ids_of(case)).logits)


def adapted(case):
    settings = {key: value for key, value in case.items() if key != "model"}
    model = get_peft_model(build(CONFIGS[case["model"]]), LoraConfig(**settings, task_type="CAUSAL_LM"))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_" in name:
                parameter.copy_(formula(name.replace(".default.", "."), parameter.shape))
    return model.eval()


def make() -> dict:
    cases = []
    for name, case in CASES.items():
        model, ids = adapted(case), ids_of(case)
        logits = logits_of(model, case)
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        gradients = {
            parameter_name.replace(".default.", "."): float(parameter.grad.norm())
            for parameter_name, parameter in model.named_parameters() if parameter.grad is not None
        }
        cases.append({"name": name, **case, "input_ids": ids[0].tolist(), "logits": logits, "loss": loss.item(), "gradients": gradients})
    return {"versions": {"torch": torch.__version__, "peft": peft.__version__}, "cases": cases}


def check(case, directory: str) -> dict:
    model = PeftModel.from_pretrained(build(CONFIGS[case["model"]]), pathlib.Path(directory)).eval()
    return {"logits": logits_of(model, case)}


if __name__ == "__main__":
    verb, name, directory = sys.argv[1:] or ("make", "", "")
    if verb == "save":
        adapted(CASES[name]).save_pretrained(directory)
    else:
        json.dump(check(CASES[name], directory) if verb == "check" else make(), sys.stdout)
        print()
