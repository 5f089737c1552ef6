"""Times training operations forward and backward with torch for the suite `ops`.

Usage: python tools/peers/ops.py THREADS; then requests {"op", "shape", "durationSeconds"}, see peer.py.
Each operation is what transformers' Qwen2 runs where torch has one kernel for it: rms_norm, scaled_dot_product_attention, cross_entropy,
and AdamW with `fused=True`. Layouts are those of the marco-ts operations.
"""
import sys

from peer import serve, time_calls


def prepare():
    import torch
    import torch.nn.functional as functional

    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    torch.manual_seed(1)

    def rotate_half(x):
        half = x.shape[-1] // 2
        return torch.cat((-x[..., half:], x[..., :half]), -1)

    def rotary(x, theta):
        length, size = x.shape[1], x.shape[3]
        frequencies = theta ** (-torch.arange(0, size, 2).float() / size)
        angles = torch.arange(length).float()[:, None] * frequencies
        angles = torch.cat((angles, angles), -1)[None, :, None, :]
        return x * angles.cos() + rotate_half(x) * angles.sin()

    def attention(q, k, v):
        out = functional.scaled_dot_product_attention(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=True, enable_gqa=True)
        return out.transpose(1, 2)

    def work(op, shape):
        B, L, D, N, K, H, F, V = (shape[letter] for letter in "BLDNKHFV")
        leaf = lambda *sizes: torch.randn(*sizes, requires_grad=True)  # noqa: E731
        if op == "adamwStep":
            param = leaf(V, D)
            param.grad = torch.randn(V, D)
            optimizer = torch.optim.AdamW([param], lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
            return optimizer.step
        if op == "embedding":
            ids = torch.randint(V, (B, L))
            inputs, forward, dy = [leaf(V, D)], lambda w: functional.embedding(ids, w), torch.randn(B, L, D)
        elif op == "rmsNorm":
            inputs, dy = [leaf(B, L, D), leaf(D)], torch.randn(B, L, D)
            forward = lambda x, w: functional.rms_norm(x, (D,), w, 1e-6)  # noqa: E731
        elif op == "rotaryEmbedding":
            inputs, forward, dy = [leaf(B, L, N, H)], lambda x: rotary(x, 1e6), torch.randn(B, L, N, H)
        elif op == "causalAttention":
            inputs, forward, dy = [leaf(B, L, N, H), leaf(B, L, K, H), leaf(B, L, K, H)], attention, torch.randn(B, L, N, H)
        elif op == "swiglu":
            inputs, dy = [leaf(B, L, F), leaf(B, L, F)], torch.randn(B, L, F)
            forward = lambda gate, up: functional.silu(gate) * up  # noqa: E731
        elif op == "linearCrossEntropy":
            labels = torch.randint(V, (B * L,))
            inputs, dy = [leaf(B * L, D), leaf(V, D)], torch.ones(B * L)
            forward = lambda h, w: functional.cross_entropy(h @ w.T, labels, reduction="none")  # noqa: E731
        else:
            raise ValueError(f"no such operation: {op}")

        def both_ways():
            torch.autograd.grad(forward(*inputs), inputs, dy)

        return both_ways

    def answer(request):
        call = work(request["op"], request["shape"])
        call()
        return {"seconds": time_calls(call, request["durationSeconds"])}

    return {"version": torch.__version__}, answer


serve(prepare)
