"""Reference outputs of PEFT's LoRA on the untied golden model of qwen2.py, with adapter weights from the same formula.

Made with: torch 2.13.0 (CPU, float32), transformers 5.23.0, peft 0.21.2.
Run:       python tools/goldens/peft_lora.py > packages/model/test/golden/peft-lora.json
           python tools/goldens/peft_lora.py check DIRECTORY   loads an adapter that our saveLora wrote and prints its logits
Tolerance: 1e-4 relative, as in qwen2.py.
"""

import json
import pathlib
import sys

import peft
import torch
from peft import LoraConfig, PeftModel, get_peft_model

from qwen2 import CONFIGS, build, formula, formula_ids, numbers

TARGETS = ["q_proj", "v_proj", "down_proj"]
SETTINGS = {"r": 4, "lora_alpha": 6}


def logits_of(model, V):
    with torch.no_grad():
        return numbers(model(input_ids=torch.tensor([formula_ids("lora", 8, V)])).logits)


def make() -> dict:
    V = CONFIGS["untied"]["vocab_size"]
    model = get_peft_model(build(CONFIGS["untied"]), LoraConfig(**SETTINGS, target_modules=TARGETS, task_type="CAUSAL_LM"))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_" in name:
                parameter.copy_(formula(name.replace(".default.", "."), parameter.shape))
    model.eval()
    result = {"versions": {"torch": torch.__version__, "peft": peft.__version__}, "targets": TARGETS, **SETTINGS}
    ids = torch.tensor([formula_ids("lora", 8, V)])
    result["input_ids"] = ids[0].tolist()
    result["logits"] = logits_of(model, V)
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    result["loss"] = loss.item()
    result["gradients"] = {
        name.replace(".default.", "."): float(parameter.grad.norm())
        for name, parameter in model.named_parameters() if parameter.grad is not None
    }
    return result


def check(directory: str) -> dict:
    model = PeftModel.from_pretrained(build(CONFIGS["untied"]), pathlib.Path(directory)).eval()
    return {"logits": logits_of(model, CONFIGS["untied"]["vocab_size"])}


if __name__ == "__main__":
    json.dump(check(sys.argv[2]) if len(sys.argv) > 2 else make(), sys.stdout)
    print()
