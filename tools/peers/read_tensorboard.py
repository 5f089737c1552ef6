"""Reads a TensorBoard directory with TensorBoard's own reader and prints its scalars as JSON: {tag: [[step, value], ...]}.

Versions: tensorboard 2.20.0.
Run: python tools/peers/read_tensorboard.py <directory>
"""
import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
accumulator.Reload()
tags = accumulator.Tags()["scalars"]
print(json.dumps({tag: [[event.step, event.value] for event in accumulator.Scalars(tag)] for tag in tags}))
