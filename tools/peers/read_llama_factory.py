"""Reads a stage of `marco export-run --to llama-factory` with LLaMA-Factory's own parser, its data with LLaMA-Factory's own reader of
`dataset_info.json`, and prints what it understood as JSON.

Versions: llamafactory 0.9.5, transformers 5.23.0 (DISABLE_VERSION_CHECK=1, as it asks for an older one), datasets 5.2.0.
Run: cd <directory> && DISABLE_VERSION_CHECK=1 python read_llama_factory.py stage-1.yaml
"""
import json
import sys

import yaml
from llamafactory.data.loader import _load_single_dataset
from llamafactory.data.parser import get_dataset_list
from llamafactory.hparams import get_train_args

with open(sys.argv[1], encoding="utf-8") as file:
    settings = {**yaml.safe_load(file), "use_cpu": True}
model, data, training, finetuning, _ = get_train_args(settings)
documents = {}
for attributes in get_dataset_list(data.dataset, data.dataset_dir):
    rows = _load_single_dataset(attributes, model, data, training)
    documents[attributes.dataset_name] = {"rows": len(rows), "first": rows[0]["_prompt"][0]["content"][:40]}
print(json.dumps({
    "stage": finetuning.stage,
    "finetuningType": finetuning.finetuning_type,
    "loraTargets": finetuning.lora_target if finetuning.finetuning_type == "lora" else None,
    "learningRate": training.learning_rate,
    "maxSteps": training.max_steps,
    "warmupSteps": training.warmup_steps,
    "scheduler": str(training.lr_scheduler_type),
    "datasets": data.dataset,
    "probabilities": data.interleave_probs,
    "documents": documents,
}, ensure_ascii=False))
