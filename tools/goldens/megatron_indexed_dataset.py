"""Megatron-LM's `.bin` and `.idx`, for packages/data: what its own IndexedDatasetBuilder writes, and what its IndexedDataset reads of ours.

Made with: megatron-core 0.16.1, torch 2.13.0 (CPU), numpy 2.4.6; no random numbers.
Run:       python tools/goldens/megatron_indexed_dataset.py packages/data/test/golden/megatron
Judge:     python tools/goldens/megatron_indexed_dataset.py --read PREFIX   prints the documents that Megatron reads of a file of ours, as JSON.
Tolerance: none: files are compared byte for byte.
"""
import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy as np
import torch


def indexed_dataset():
    """The one module, without the rest of megatron-core, whose imports ask for a GPU build."""
    root = Path(next(p for p in sys.path if (Path(p) / "megatron" / "core").is_dir())) / "megatron" / "core"
    stub = lambda name, **names: sys.modules.__setitem__(name, types.SimpleNamespace(**names))
    for package in ("megatron", "megatron.core", "megatron.core.datasets"):
        sys.modules[package] = types.ModuleType(package)
    none = lambda *a, **k: False
    stub("megatron.core.datasets.object_storage_utils", S3Config=object, ObjectStorageConfig=object, cache_index_file=none, dataset_exists=none,
         get_index_cache_path=none, get_object_storage_access=none, is_object_storage_path=none, parse_s3_path=none)
    stub("megatron.core.msc_utils", MultiStorageClientFeature=types.SimpleNamespace(is_enabled=none))
    stub("megatron.core.utils", log_single_rank=none)
    spec = importlib.util.spec_from_file_location("indexed_dataset", root / "datasets" / "indexed_dataset.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DOCUMENTS = [[5, 6, 7, 0], [1, 0], [65499, 2, 3, 4, 5, 0], [0]]


def write(folder):
    module = indexed_dataset()
    folder.mkdir(parents=True, exist_ok=True)
    for name, vocab_size in (("uint16", 65_000), ("int32", 150_000)):
        builder = module.IndexedDatasetBuilder(str(folder / f"{name}.bin"), dtype=module.DType.optimal_dtype(vocab_size))
        for document in DOCUMENTS:
            builder.add_document(torch.tensor([t % vocab_size for t in document]), [len(document)])
        builder.finalize(str(folder / f"{name}.idx"))
    (folder / "documents.json").write_text(json.dumps({n: [[t % v for t in d] for d in DOCUMENTS] for n, v in (("uint16", 65_000), ("int32", 150_000))}))


def read(prefix):
    dataset = indexed_dataset().IndexedDataset(prefix, mmap=True)
    bounds = dataset.document_indices
    print(json.dumps([np.concatenate([dataset[i] for i in range(bounds[d], bounds[d + 1])]).tolist() for d in range(len(bounds) - 1)]))


if sys.argv[1] == "--read":
    read(sys.argv[2])
else:
    write(Path(sys.argv[1]))
