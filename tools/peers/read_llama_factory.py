"""Reads a stage of `marco export-run --to llama-factory` with LLaMA-Factory's own parser and prints what it understood as JSON.

Versions: llamafactory 0.9.5, transformers 5.23.0 (DISABLE_VERSION_CHECK=1, as it asks for an older one).
Run: cd <directory> && DISABLE_VERSION_CHECK=1 python read_llama_factory.py stage-1.yaml
"""
import json
import sys

import yaml
from llamafactory.hparams import get_train_args

with open(sys.argv[1], encoding="utf-8") as file:
    settings = {**yaml.safe_load(file), "use_cpu": True}
_, data, training, finetuning, _ = get_train_args(settings)
print(json.dumps({
    "stage": finetuning.stage,
    "learningRate": training.learning_rate,
    "maxSteps": training.max_steps,
    "warmupSteps": training.warmup_steps,
    "scheduler": str(training.lr_scheduler_type),
    "datasets": data.dataset,
    "probabilities": data.interleave_probs,
}))
