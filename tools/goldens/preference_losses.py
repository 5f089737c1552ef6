"""Golden preference losses for packages/aligner, computed by TRL's own trainers on given log-probabilities.

DPO, its kin and weighted sums: `DPOTrainer._compute_loss`; KTO: `KTOTrainer._compute_loss`; ORPO and SimPO, which live in
`trl.experimental`: `get_batch_loss_metrics` of `ORPOTrainer` and `CPOTrainer`.
Versions: trl 1.16.0, torch 2.13.0, transformers 5.23.0, peft 0.21.2; seed 11; float32 on CPU.
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
from trl import DPOTrainer, KTOTrainer
from trl.experimental.cpo import CPOTrainer
from trl.experimental.orpo import ORPOTrainer

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
        "name": name, "lossTypes": [name.split()[-1] for name in loss_types], "lossWeights": list(loss_weights), "beta": beta,
        "labelSmoothing": label_smoothing, "loss": loss.item(), "grad": leaf.grad.flatten().tolist(), "metrics": metrics,
    }


SAME = SimpleNamespace(device="cpu", gather_for_metrics=lambda value: value)


def reference_free_case(name, trainer_class, log_probs, completion_mask, attributes, options):
    """ORPO counts the chosen prompt in its nll; here the attention mask leaves only answers, as this project has it."""
    leaf = log_probs.clone().requires_grad_(True)
    # Two tokens: the one that is there has the given log-probability, the other the rest.
    logits = torch.stack([leaf, torch.log1p(-leaf.exp())], dim=-1)
    logits = torch.cat([logits, torch.zeros_like(logits[:, :1])], dim=1)
    self = trainer_class.__new__(trainer_class)
    for key, value in {**attributes, "accelerator": SAME, "is_encoder_decoder": False, "aux_loss_enabled": False}.items():
        object.__setattr__(self, key, value)
    batch = {}
    for side, rows in {"chosen": slice(0, PAIRS), "rejected": slice(PAIRS, None)}.items():
        mask = completion_mask[rows]
        batch[f"{side}_input_ids"] = torch.zeros_like(mask)
        batch[f"{side}_attention_mask"] = mask
        batch[f"{side}_labels"] = torch.where(mask == 1, 0, -100)
    loss, metrics = trainer_class.get_batch_loss_metrics(self, lambda *_, **__: SimpleNamespace(logits=logits), batch)
    loss.backward()
    metrics = {key: value for key, value in metrics.items() if key.startswith(("rewards/", "logps/", "log_odds", "nll")) and (options["lossTypes"] != ["simpo"] or key != "nll_loss")}
    return {"name": name, **options, "loss": loss.item(), "grad": leaf.grad.flatten().tolist(), "metrics": metrics}


def kto_case(name, log_probs, completion_mask, reference, *, labels, beta, desirable, undesirable):
    """The second half of the rows is what TRL calls the KL completions."""
    leaf = log_probs.clone().requires_grad_(True)
    masked = leaf * completion_mask[:, 1:]
    answers, mismatched = Fixed(masked[:PAIRS]), Fixed(masked[PAIRS:])

    def model(input_ids, **_):
        return (mismatched if input_ids[0, 0] == 1 else answers)()

    model.training = True
    self = KTOTrainer.__new__(KTOTrainer)
    attributes = {
        "model": model, "beta": beta, "desirable_weight": desirable, "undesirable_weight": undesirable, "loss_type": "kto", "calculate_KL": True,
        "precompute_ref_logps": True, "aux_loss_enabled": False, "accelerator": SAME, "_metrics": {"train": defaultdict(list)},
        "_total_train_tokens": 0, "_tp_size": 1,
    }
    for key, value in attributes.items():
        object.__setattr__(self, key, value)
    zeros = torch.zeros_like(completion_mask[:PAIRS])
    inputs = {
        "input_ids": zeros, "attention_mask": zeros + 1, "completion_mask": completion_mask[:PAIRS], "KL_input_ids": zeros + 1,
        "KL_attention_mask": zeros + 1, "KL_completion_mask": completion_mask[PAIRS:], "label": torch.tensor(labels),
        "ref_logps": reference[:PAIRS], "ref_KL_logps": reference[PAIRS:],
    }
    loss = KTOTrainer._compute_loss(self, model, inputs, False)
    loss.backward()
    metrics = {key: values[0] for key, values in self._metrics["train"].items() if key.startswith(("rewards/", "logps/", "kl"))}
    return {
        "name": name, "isDesirable": [int(label) for label in labels], "beta": beta, "desirableWeight": desirable,
        "undesirableWeight": undesirable, "loss": loss.item(), "grad": leaf.grad.flatten().tolist(), "metrics": metrics,
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
        case("sigmoid, hinge and sft", *common, loss_types=["sigmoid", "hinge", "sft"], loss_weights=(0.8, 0.2, 1.0), beta=0.2),
        case("ipo and sigmoid", *common, loss_types=["ipo", "sigmoid"], loss_weights=(0.5, 2.0), beta=0.4),
    ]
    for name, beta, gamma, smoothing in [("simpo", 2.0, 0.5, 0.0), ("simpo, beta 10, gamma 3", 10.0, 3.0, 0.0), ("simpo with label smoothing", 2.0, 1.0, 0.1)]:
        attributes = {"beta": beta, "simpo_gamma": gamma, "label_smoothing": smoothing, "alpha": 0.0, "loss_type": "simpo", "cpo_alpha": 0.0, "pad_token_id": 0}
        options = {"lossTypes": ["simpo"], "lossWeights": [1], "beta": beta, "simpoGamma": gamma, "labelSmoothing": smoothing}
        cases.append(reference_free_case(name, CPOTrainer, log_probs, completion_mask, attributes, options))
    # The last one has answers of which the model is nearly sure, where 1 - p loses digits.
    for name, beta, scale in [("orpo", 0.1, 1.0), ("orpo, beta 1", 1.0, 1.0), ("orpo of likely answers", 1.0, 0.01)]:
        options = {"lossTypes": ["orpo"], "lossWeights": [1], "beta": beta, "labelSmoothing": 0, "scale": scale}
        cases.append(reference_free_case(name, ORPOTrainer, log_probs * scale, completion_mask, {"beta": beta, "padding_value": 0}, options))
    near = (log_probs * completion_mask[:, 1:]).sum(1) - torch.rand(2 * PAIRS)
    kto_cases = [
        kto_case("kto", log_probs, completion_mask, reference, labels=[True, False, True, True, False], beta=0.1, desirable=1.0, undesirable=1.0),
        kto_case("kto, kl above 0", log_probs, completion_mask, near, labels=[True, False, False, True, False], beta=0.5, desirable=1.33, undesirable=0.7),
        kto_case("kto, good answers only", log_probs, completion_mask, near, labels=[True] * 5, beta=0.3, desirable=1.0, undesirable=1.0),
    ]
    for entry in kto_cases:
        entry["reference"] = (reference if entry["name"] == "kto" else near).tolist()
    Path(sys.argv[1]).write_text(json.dumps({
        "madeBy": f"tools/goldens/preference_losses.py, trl {trl.__version__}, torch {torch.__version__}",
        "numPairs": PAIRS, "length": LENGTH, "logProbs": log_probs.flatten().tolist(),
        "completionMask": completion_mask.flatten().tolist(), "reference": reference.tolist(), "cases": cases, "ktoCases": kto_cases,
    }) + "\n")


main()
