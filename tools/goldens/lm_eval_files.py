"""The files that lm-evaluation-harness writes for a group and a task on rows of ours: packages/eval/test/golden/lm-eval-files.json.

Made with: the packages of tools/goldens/lm_eval_tasks.py, whose rows and tokenizer these are; a model with random weights of seed 7, one example, three documents.
Run:       python tools/goldens/lm_eval_files.py packages/eval/test/golden
           Two runs give the same bytes (made with datasets 4.4.1).
Tolerance: none: requests and answers are given, keys, hashes and values are compared.
"""

import glob
import json
import os
import sys
import tempfile

import datasets
import lm_eval_tasks as golden
from lm_eval import simple_evaluate
from lm_eval.loggers import EvaluationTracker

# Rows of each configuration; those of XCOPA in its other languages are Swahili too.
ROWS = {"zh": "xcopa_zh", "de": "mgsm_direct_de"}
KEPT = ["xcopa_sw", "xcopa_zh", "mgsm_direct_de"]


def main(directory):
    tokenizer = golden.tokenizer_of([text for bank in golden.BANK.values() for text in bank])
    fast = golden.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>", pad_token="<|endoftext|>")
    config = golden.Qwen2Config(hidden_size=48, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2, intermediate_size=64,
                                vocab_size=tokenizer.get_vocab_size(), tie_word_embeddings=True, max_position_embeddings=512, bos_token_id=0, eos_token_id=0)
    golden.torch.manual_seed(7)
    model = golden.HFLM(pretrained=golden.Qwen2ForCausalLM(config).eval(), tokenizer=fast, batch_size=4, max_length=512)
    rows = {ours: {split: make(index) for index, split in reversed(list(enumerate(reversed(splits))))} for ours, _, _, splits, make in golden.TASKS}
    datasets.load_dataset = lambda path, name=None, **_: datasets.DatasetDict(
        {split: datasets.Dataset.from_list(own) for split, own in rows[ROWS.get(name, "xcopa_sw")].items()})
    with tempfile.TemporaryDirectory() as folder:
        tracker = EvaluationTracker(output_path=folder)
        results = simple_evaluate(model=model, tasks=["xcopa", "mgsm_direct_de"], num_fewshot=1, log_samples=True, bootstrap_iters=100,
                                  evaluation_tracker=tracker, limit=3, gen_kwargs={"max_gen_toks": 5})
        samples = results.pop("samples")
        tracker.save_results_aggregated(results=results, samples=samples)
        for name in samples:
            tracker.save_results_samples(task_name=name, samples=samples[name])
        out = {"tasks": {}}
        for name in KEPT:
            (path,) = glob.glob(os.path.join(folder, "*", f"samples_{name}_*"))
            with open(path) as file:
                out["tasks"][name] = {"rows": rows[name], "lines": [json.loads(line) for line in file]}
        (path,) = glob.glob(os.path.join(folder, "*", "results_*"))
        with open(path) as file:
            full = json.load(file)
        keys = ["results", "n-shot", "n-samples", "higher_is_better", "task_hashes"]
        out["results"] = {key: full[key] for key in keys}
        out["keys"] = list(full)
    with open(os.path.join(directory, "lm-eval-files.json"), "w") as file:
        json.dump(out, file, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
