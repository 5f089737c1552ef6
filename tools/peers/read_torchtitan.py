"""Reads a stage of `marco export-run --to torchtitan` with torchtitan's own reader, draws two batches of its data, builds its model from
the config beside it, and prints what it understood as JSON.

Versions: in an environment without tensorflow, whose libraries collide with those of pyarrow; torchtitan 0.3.0, torchdata 0.11.0, tyro 1.0.17, torch 2.13.0, transformers 5.23.0, datasets 5.2.0.
Run: cd <directory> && python read_torchtitan.py stage_1
"""
import json
import os
import sys

sys.path.insert(0, os.getcwd())
import torch
from safetensors.torch import load_file
from torchtitan.config import ConfigManager

config = ConfigManager().parse_args(["--module", "marco_run", "--config", sys.argv[1]])
tokenizer = config.tokenizer.build(tokenizer_path=config.hf_assets_path)
loader = config.dataloader.build(
    dp_world_size=1,
    dp_rank=0,
    tokenizer=tokenizer,
    seq_len=config.training.seq_len,
    local_batch_size=config.training.local_batch_size,
)
batches = iter(loader)
shapes = [list(next(batches)[0]["input"].shape) for _ in range(2)]
model_config = config.model_spec.model
model_config.update_from_config(config=config)
with torch.device("meta"):
    model = model_config.build()
adapter = config.model_spec.state_dict_adapter(model_config, config.hf_assets_path)
expected = set(adapter.to_hf(model.state_dict()))
given = set(load_file(f"{config.hf_model}/model.safetensors"))
print(json.dumps({
    "steps": config.training.steps,
    "learningRate": config.optimizer.param_groups[-1].optimizer_kwargs["lr"],
    "warmupSteps": config.lr_scheduler.warmup_steps,
    "decay": config.lr_scheduler.decay_type,
    "globalBatchSize": config.training.global_batch_size,
    "weights": {source.dataset: source.weight for source in config.dataloader.sources},
    "batches": shapes,
    "from": config.checkpoint.initial_load_path,
    "missingInModelFile": sorted(expected - given),
    "unknownInModelFile": sorted(given - expected),
}))
