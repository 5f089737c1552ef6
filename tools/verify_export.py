"""Opens an exported model directory with transformers and says what it found, as JSON on one line.

Made with: torch 2.13.0 (CPU), transformers 5.23.0.
Run:       python tools/verify_export.py DIRECTORY [ID ...]
Output:    versions, SHA-256 of config, generation config and weights, the number of parameters, the generation config's end token, and the
           logits (float32) of the last position of the prompt, which is 1 2 3 4 5 when no ids are given.
Exits with 1 when transformers reports missing, unexpected or mismatched tensors.
"""

import hashlib
import json
import pathlib
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM


def main() -> int:
    directory = pathlib.Path(sys.argv[1])
    prompt = [int(argument) for argument in sys.argv[2:]] or [1, 2, 3, 4, 5]
    model, info = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    with torch.no_grad():
        logits = model.eval()(input_ids=torch.tensor([prompt])).logits[0, -1]
    names = [path.name for path in directory.iterdir() if path.suffix == ".safetensors" or path.name.endswith("config.json")]
    print(json.dumps({
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "files": {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in sorted(names)},
        "numParams": sum(parameter.numel() for parameter in model.parameters()),
        "eosTokenId": model.generation_config.eos_token_id,
        "prompt": prompt,
        "logits": [float(f"{value:.7g}") for value in logits.tolist()],
    }))
    faults = {key: sorted(map(str, value)) for key, value in info.items() if value and key != "error_msgs"}
    if faults:
        print(f"transformers reports {faults}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
