"""Golden values for packages/trainer: learning-rate schedules and clipped AdamW steps.

Versions: torch 2.13.0, transformers 5.23.0; seed 7; float32 on CPU.
Tolerance: schedules 1e-12 (both sides are float64); AdamW 1e-6 absolute (float32, other order of operations).
Run: python tools/goldens/trainer_schedules_adamw.py packages/trainer/test/golden
"""
import json
import sys
from pathlib import Path

import torch
import transformers
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_cosine_with_min_lr_schedule_with_warmup,
    get_linear_schedule_with_warmup,
    get_wsd_schedule,
)


def rates(make, steps):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = make(optimizer)
    out = []
    for _ in range(steps):
        out.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return out


def schedules():
    steps = 21
    return {
        "constant": {"warmupSteps": 4, "rates": rates(lambda o: get_constant_schedule_with_warmup(o, 4), steps)},
        "linear": {"warmupSteps": 4, "numSteps": 20, "rates": rates(lambda o: get_linear_schedule_with_warmup(o, 4, 20), steps)},
        "cosine": {"warmupSteps": 4, "numSteps": 20, "rates": rates(lambda o: get_cosine_schedule_with_warmup(o, 4, 20), steps)},
        "cosineMin": {
            "warmupSteps": 4, "numSteps": 20, "minRatio": 0.1,
            "rates": rates(lambda o: get_cosine_with_min_lr_schedule_with_warmup(o, 4, 20, min_lr_rate=0.1), steps),
        },
        **{
            f"wsd {shape}": {
                "warmupSteps": 4, "numSteps": 20, "decaySteps": 6, "minRatio": 0.2, "decayShape": shape,
                "rates": rates(
                    lambda o: get_wsd_schedule(
                        o, num_warmup_steps=4, num_decay_steps=6, num_training_steps=20, decay_type=shape, min_lr_ratio=0.2
                    ),
                    steps,
                ),
            }
            for shape in ("cosine", "linear", "1-sqrt")
        },
    }


def adamw():
    """Gradients are given, so that only the optimizer is compared; the last scale makes the clip bind."""
    torch.manual_seed(7)
    shapes = {"layer.weight": (3, 4), "layer.bias": (4,), "norm.weight": (4,)}
    start = {name: torch.randn(shape) for name, shape in shapes.items()}
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in start.items()}
    decayed, plain = [parameters["layer.weight"]], [parameters["layer.bias"], parameters["norm.weight"]]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}], lr=0.01, betas=(0.9, 0.95), eps=1e-8
    )
    scheduler = get_cosine_schedule_with_warmup(optimizer, 2, 8)
    steps = []
    for index in range(8):
        gradients = {name: torch.randn(shape) * (0.05 if index % 2 else 1.0) for name, shape in shapes.items()}
        for name, parameter in parameters.items():
            parameter.grad = gradients[name].clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
        rate = scheduler.get_last_lr()[0]
        optimizer.step()
        scheduler.step()
        steps.append({
            "grads": {name: gradient.flatten().tolist() for name, gradient in gradients.items()},
            "gradNorm": norm.item(),
            "learningRate": rate,
            "params": {name: parameter.detach().flatten().tolist() for name, parameter in parameters.items()},
        })
    return {
        "settings": {"peak": 0.01, "warmupSteps": 2, "numSteps": 8, "beta1": 0.9, "beta2": 0.95, "weightDecay": 0.1, "maxNorm": 1.0},
        "shapes": shapes,
        "start": {name: value.flatten().tolist() for name, value in start.items()},
        "steps": steps,
    }


def main():
    out = Path(sys.argv[1])
    made_by = f"tools/goldens/trainer_schedules_adamw.py, torch {torch.__version__}, transformers {transformers.__version__}"
    (out / "schedules.json").write_text(json.dumps({"madeBy": made_by, "schedules": schedules()}, indent=1) + "\n")
    (out / "adamw.json").write_text(json.dumps({"madeBy": made_by, **adamw()}) + "\n")


main()
