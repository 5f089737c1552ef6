"""Times matrix products of float32 for the suite `gemm`, with OpenBLAS (numpy's own copy) or torch.

Usage: python tools/peers/gemm.py openblas|torch THREADS; then requests, see peer.py.
"""
import sys

from peer import serve, time_calls


def openblas(_threads):
    import numpy

    facts = {"numpy": numpy.__version__, **openblas_facts(numpy)}
    random = numpy.random.default_rng(1)

    def answer(request):
        batch, m, k, n = (request[key] for key in ("batch", "m", "k", "n"))
        a = random.random((batch, k, m) if request["transposeA"] else (batch, m, k), dtype=numpy.float32)
        b = random.random((batch, n, k) if request["transposeB"] else (batch, k, n), dtype=numpy.float32)
        x = a.transpose(0, 2, 1) if request["transposeA"] else a
        y = b.transpose(0, 2, 1) if request["transposeB"] else b
        out = numpy.empty((batch, m, n), numpy.float32)
        numpy.matmul(x, y, out=out)
        return {"seconds": time_calls(lambda: numpy.matmul(x, y, out=out), request["durationSeconds"])}

    return facts, answer


def openblas_facts(numpy):
    """The kernels that OpenBLAS chose for this processor, from the library that numpy has loaded; empty when it cannot be asked."""
    import ctypes
    import glob
    import os

    folders = [os.path.join(os.path.dirname(numpy.__file__), "..", "numpy.libs"), os.path.join(os.path.dirname(numpy.__file__), ".libs")]
    for path in (path for folder in folders for path in glob.glob(os.path.join(folder, "*openblas*"))):
        library = ctypes.CDLL(path)
        for name in ("scipy_openblas_get_corename64_", "openblas_get_corename64_", "openblas_get_corename"):
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype = ctypes.c_char_p
                return {"kernels": function().decode()}
    return {}


def torch_matmul(threads):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)

    def answer(request):
        batch, m, k, n = (request[key] for key in ("batch", "m", "k", "n"))
        a = torch.rand((batch, k, m) if request["transposeA"] else (batch, m, k))
        b = torch.rand((batch, n, k) if request["transposeB"] else (batch, k, n))
        x = a.transpose(1, 2) if request["transposeA"] else a
        y = b.transpose(1, 2) if request["transposeB"] else b
        torch.matmul(x, y)
        return {"seconds": time_calls(lambda: torch.matmul(x, y), request["durationSeconds"])}

    return {"version": torch.__version__}, answer


library, threads = sys.argv[1], int(sys.argv[2])
serve(lambda: {"openblas": openblas, "torch": torch_matmul}[library](threads))
