"""Reads a stage of `marco export-run --to megatron` with Megatron-LM's own argument parser, opens its data with Megatron's reader, and
prints what they understood as JSON.

Versions: Megatron-LM of 2026-08-22 (d98e8a6), torch 2.13.0.
Run: cd <directory> && PYTHONPATH=<Megatron-LM> python read_megatron_run.py stage-1.args
"""
import argparse
import json
import shlex
import sys
import typing

import typing_extensions

typing.override = typing_extensions.override  # Megatron-LM asks for Python 3.12
from megatron.core.datasets.indexed_dataset import IndexedDataset
from megatron.training.arguments import add_megatron_arguments

parser = add_megatron_arguments(argparse.ArgumentParser(allow_abbrev=False))
with open(sys.argv[1], encoding="utf-8") as file:
    args = parser.parse_args(shlex.split(file.read()))
opened = {prefix: IndexedDataset(prefix) for prefix in args.data_path[1::2]}
print(json.dumps({
    "numLayers": args.num_layers,
    "trainIters": args.train_iters,
    "learningRate": args.lr,
    "decay": args.lr_decay_style,
    "optimizer": args.optimizer,
    "weights": args.data_path[0::2],
    "documents": {prefix: len(dataset) for prefix, dataset in opened.items()},
    "tokens": {prefix: int(dataset.sequence_lengths.sum()) for prefix, dataset in opened.items()},
}))
