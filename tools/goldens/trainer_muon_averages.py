"""Golden values for packages/trainer: Muon steps, weight averages, and the outer step of DiLoCo.

Versions: torch 2.13.0; seed 11; float32 on CPU.
`torch.optim.Muon` rounds its Newton-Schulz iteration to bfloat16; here that one cast is left out, so that its own code runs in float32.
Tolerance: 2e-6 absolute (float32, other order of operations); the outer step and the averages 1e-6.
Run: python tools/goldens/trainer_muon_averages.py packages/trainer/test/golden
"""
import json
import sys
from pathlib import Path

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def flat(tensors):
    return {name: tensor.detach().flatten().tolist() for name, tensor in tensors.items()}


def muon():
    torch.manual_seed(11)
    torch.Tensor.bfloat16 = lambda self: self.clone()
    shapes = {"wide": (3, 5), "tall": (6, 2), "square": (4, 4)}
    cases = {}
    for scale_by, adjust in {"original": "original", "match-rms-adamw": "match_rms_adamw"}.items():
        start = {name: torch.randn(shape) for name, shape in shapes.items()}
        parameters = {name: torch.nn.Parameter(value.clone()) for name, value in start.items()}
        optimizer = torch.optim.Muon(
            parameters.values(), lr=0.02, weight_decay=0.1, momentum=0.9, nesterov=True, ns_steps=5, adjust_lr_fn=adjust
        )
        steps = []
        for _ in range(5):
            grads = {name: torch.randn(shape) for name, shape in shapes.items()}
            for name, parameter in parameters.items():
                parameter.grad = grads[name].clone()
            optimizer.step()
            steps.append({"grads": flat(grads), "params": flat(parameters)})
        cases[scale_by] = {"start": flat(start), "steps": steps}
    return {"shapes": shapes, "settings": {"learningRate": 0.02, "weightDecay": 0.1, "momentum": 0.9}, "cases": cases}


def averages():
    torch.manual_seed(11)
    module = torch.nn.Linear(2, 2, bias=False)
    exponential = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(0.8))
    equal = AveragedModel(module)
    steps = []
    for step in range(1, 8):
        with torch.no_grad():
            module.weight.copy_(torch.randn(2, 2))
        exponential.update_parameters(module)
        if step >= 3 and (step - 3) % 2 == 0:
            equal.update_parameters(module)
        steps.append({
            "param": module.weight.flatten().tolist(),
            "exponential": exponential.module.weight.flatten().tolist(),
            "equal": equal.module.weight.flatten().tolist() if step >= 3 else None,
        })
    return {"decay": 0.8, "fromStep": 3, "every": 2, "steps": steps}


def outer():
    """DiLoCo's outer step: the mean of (global - local) is the gradient of SGD with Nesterov momentum."""
    torch.manual_seed(11)
    start = torch.randn(6)
    parameter = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.SGD([parameter], lr=0.7, momentum=0.9, nesterov=True)
    rounds = []
    for _ in range(4):
        local = [parameter.detach() + 0.1 * torch.randn(6) for _ in range(3)]
        parameter.grad = torch.stack([parameter.detach() - one for one in local]).mean(0)
        optimizer.step()
        rounds.append({"local": [one.tolist() for one in local], "param": parameter.detach().tolist()})
    return {"learningRate": 0.7, "momentum": 0.9, "start": start.tolist(), "rounds": rounds}


if __name__ == "__main__":
    target = Path(sys.argv[1])
    golden = {"torch": torch.__version__, "outer": outer(), "averages": averages(), "muon": muon()}
    (target / "muon-averages.json").write_text(json.dumps(golden) + "\n")
