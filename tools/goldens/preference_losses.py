"""Golden preference losses for packages/aligner, computed by TRL's own DPOTrainer._compute_loss on given log-probabilities.

Versions: trl 1.16.0, torch 2.13.0, transformers 5.23.0; seed 11; float32 on CPU.
The model is a stand-in whose per-token log-probabilities are a leaf tensor, so the gradients are those of TRL's formula alone.
`sigmoid` with label smoothing (cDPO) is no loss type of this TRL version; its value is taken from the formula of earlier ones:
-logsigmoid(b h) (1 - e) - logsigmoid(-b h) e.
Tolerance: 1e-5 absolute (float32 sums in another order).
Run: python tools/goldens/preference_losses.py packages/aligner/test/golden/preference-losses.json
"""
import json
import sys
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.nn.functional as F
import trl
from trl import DPOTrainer

PAIRS = 5
LENGTH = 9


class Fixed:
    """Stands for the model: answers with the given log-probabilities."""

    training = True

    def __init__(self, log_probs):
        self.log_probs = log_probs

    def __call__(self, **_):
        zeros = torch.zeros_like(self.log_probs)
        return SimpleNamespace(log_probs=self.log_probs, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool(), log_sum_sq_probs=zeros)


def trainer(loss_types, loss_weights, beta, label_smoothing, model):
    same = lambda value: value
    return SimpleNamespace(
        model=model, beta=beta, loss_types=loss_types, loss_weights=loss_weights, label_smoothing=label_smoothing,
        aux_loss_enabled=False, ld_alpha=None, precompute_ref_logps=True, f_divergence_type="reverse_kl", use_weighting=False,
        accelerator=SimpleNamespace(device="cpu", gather=same, gather_for_metrics=same),
        _metrics={"train": defaultdict(list)}, _total_train_tokens=0, _tp_size=1,
    )


def case(name, log_probs, completion_mask, reference, *, loss_types, loss_weights=(1.0,), beta, label_smoothing=0.0):
    leaf = log_probs.clone().requires_grad_(True)
    masked = leaf * completion_mask[:, 1:]
    model = Fixed(masked)
    self = trainer(loss_types, list(loss_weights), beta, label_smoothing, model)
    inputs = {
        "input_ids": torch.zeros_like(completion_mask), "attention_mask": torch.ones_like(completion_mask),
        "completion_mask": completion_mask, "ref_chosen_logps": reference[:PAIRS], "ref_rejected_logps": reference[PAIRS:],
    }
    if loss_types == ["smoothed sigmoid"]:
        logps = masked.sum(1)
        h = beta * ((logps[:PAIRS] - reference[:PAIRS]) - (logps[PAIRS:] - reference[PAIRS:]))
        loss = (-F.logsigmoid(h) * (1 - label_smoothing) - F.logsigmoid(-h) * label_smoothing).mean()
        metrics = {}
    else:
        loss = DPOTrainer._compute_loss(self, model, inputs, False)
        metrics = {key: values[0] for key, values in self._metrics["train"].items() if key.startswith(("rewards/", "logps/"))}
    loss.backward()
    return {
        "name": name, "lossType": loss_types[0].split()[-1], "beta": beta, "labelSmoothing": label_smoothing,
        "sftWeight": loss_weights[1] if len(loss_weights) > 1 else 0, "loss": loss.item(), "grad": leaf.grad.flatten().tolist(), "metrics": metrics,
    }


def main():
    torch.manual_seed(11)
    log_probs = -torch.rand(2 * PAIRS, LENGTH - 1) * 3
    prompt = torch.randint(2, 5, (PAIRS,)).repeat(2)
    ends = torch.cat([prompt[:PAIRS] + 4, torch.randint(6, LENGTH + 1, (PAIRS,))])  # chosen answers of equal length, for the sft term
    places = torch.arange(LENGTH)
    completion_mask = ((places >= prompt[:, None]) & (places < ends[:, None])).long()
    reference = (log_probs * completion_mask[:, 1:]).sum(1) + torch.randn(2 * PAIRS) * 4
    common = (log_probs, completion_mask, reference)
    cases = [
        case("sigmoid", *common, loss_types=["sigmoid"], beta=0.1),
        case("sigmoid, beta 2", *common, loss_types=["sigmoid"], beta=2.0),
        case("sigmoid with label smoothing", *common, loss_types=["smoothed sigmoid"], beta=0.5, label_smoothing=0.2),
        case("sigmoid with sft term", *common, loss_types=["sigmoid", "sft"], loss_weights=(1.0, 0.7), beta=0.3),
        case("hinge", *common, loss_types=["hinge"], beta=0.4),
        case("ipo", *common, loss_types=["ipo"], beta=0.2),
        case("robust", *common, loss_types=["robust"], beta=0.3, label_smoothing=0.1),
        case("robust without smoothing", *common, loss_types=["robust"], beta=0.3),
    ]
    Path(sys.argv[1]).write_text(json.dumps({
        "madeBy": f"tools/goldens/preference_losses.py, trl {trl.__version__}, torch {torch.__version__}",
        "numPairs": PAIRS, "length": LENGTH, "logProbs": log_probs.flatten().tolist(),
        "completionMask": completion_mask.flatten().tolist(), "reference": reference.tolist(), "cases": cases,
    }) + "\n")


main()
