"""Peak memory of the mid attention at the released width: all queries at once against chunks.

    python -m training.icetk.attention_memory [--grid 60] [--channels 512]

Each figure is what the resident memory of a fresh process rises by while it computes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection

import numpy as np
import torch

from training.export.graph_builder import GraphBuilder
from training.export.onnx_transformer import open_session
from training.icetk.config import IcetkConfig
from training.icetk.graph_walk import IcetkWalk, Plane
from training.icetk.layers import QUERIES_AT_ONCE, AttentionBlock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", type=int, default=60, help="tokens per side")
    parser.add_argument("--channels", type=int, default=512)
    options = parser.parse_args()
    forms = {"all queries at once": None, f"{QUERIES_AT_ONCE} queries at a time": QUERIES_AT_ONCE}
    for side, prepare in (("torch", torch_attention), ("onnxruntime", onnx_attention)):
        for form, at_once in forms.items():
            mebibytes = peak(partial(prepare, options.grid, options.channels, at_once))
            print(f"{side}, {form}: {mebibytes:.0f} MiB", flush=True)


def torch_attention(grid: int, channels: int, at_once: int | None) -> Callable[[], None]:
    block = AttentionBlock(IcetkConfig(), channels).eval()
    block.queries_at_once = at_once
    x = torch.randn(1, channels, grid, grid)

    def compute() -> None:
        with torch.inference_mode():
            block(x)

    return compute


def onnx_attention(grid: int, channels: int, at_once: int | None) -> Callable[[], None]:
    block = AttentionBlock(IcetkConfig(), channels).eval()
    g = GraphBuilder("attention")
    g.input("x", "float32", [1, channels, grid, grid])
    found = IcetkWalk(g, "fp32", at_once).attention(Plane("x", channels, grid), block)
    g.output(found.name, "float32", [1, channels, grid, grid])
    session = open_session(g.model().SerializeToString())
    x = np.random.default_rng(0).standard_normal((1, channels, grid, grid)).astype(np.float32)
    return lambda: session.run(None, {"x": x})


def peak(prepare: Callable[[], Callable[[], None]]) -> float:
    """MiB by which the memory of a new process rises while it runs what `prepare` returns."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(prepare, sender))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    finally:
        process.join()


def _measure(prepare: Callable[[], Callable[[], None]], sender: Connection) -> None:
    torch.set_num_threads(1)
    compute = prepare()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux
    compute()
    sender.send((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


if __name__ == "__main__":
    main()
