"""Two layers of the released width with random weights, as 4-bit shards in onnxruntime on a CPU."""

from __future__ import annotations

import platform
import re
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.cogvideo.budget import StageBudget, released_config
from training.cogvideo.stage_checkpoint import Unfilled
from training.export.onnx_transformer import open_session
from training.export.transformer_graph import CACHES
from training.export.transformer_shards import Bits, ShardGraph
from training.export.weight_file import WeightFile

LAYERS = 2
BITS: Bits = 4
_STEPS = 20


@dataclass(frozen=True)
class RealWidth:
    """What was measured, beside what the budget says of the same shard."""

    layers: int
    hidden: int
    heads: int
    processor: str
    threads: int
    file_bytes: int
    planned_bytes: int
    bandwidth: float  # bytes per second that a sum over a large array reads
    step_bytes: float  # weights and cached rows
    floor_milliseconds: float  # step_bytes at that bandwidth
    median_milliseconds: float
    fastest_milliseconds: float
    memory_bytes: int  # resident memory that session and steps added
    logit_spread: float  # standard deviation of the logits: the weights were used

    def to_json(self) -> dict:
        return asdict(self)


def measure(threads: int) -> RealWidth:
    """Writes the shard to a temporary folder, loads it and times single steps over full caches."""
    config = replace(released_config("keyframes"), layers=LAYERS)
    budget = StageBudget(config, BITS)
    with torch.device("meta"):
        model = Unfilled(config.to_transformer())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shard.onnx"
        _write(path, ShardGraph(model, BITS, _RandomValues(), range(LAYERS)))
        size, before = path.stat().st_size, _resident()
        session = open_session(path, threads)
        feeds = _feeds(budget)
        times = []
        for _ in range(_STEPS + 2):
            start = time.perf_counter()
            (logits,) = session.run(["logits"], feeds)
            times.append(1000 * (time.perf_counter() - start))
        added = _resident() - before
    # The caches are full here, so the mean over a clip does not apply.
    cached = sum(feeds[f"{name}_0"].nbytes for name in CACHES) * LAYERS
    read, bandwidth = budget.gpu_weights + cached, _bandwidth()
    return RealWidth(
        LAYERS, config.hidden, config.heads, _processor(), threads, size, budget.gpu_weights,
        bandwidth, read, 1000 * read / bandwidth, float(np.median(times[2:])), min(times[2:]),
        added, float(logits.std()),
    )  # fmt: skip


def _write(path: Path, graph: ShardGraph) -> None:
    with WeightFile(path) as file:
        nodes = graph.build_graph(lambda content, _: file.write(content))
        file.write(nodes.SerializeToString())


class _RandomValues:
    """Plausible weights: products keep the size of their input, norms are near one."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(1)

    def __call__(self, parameter: Tensor) -> np.ndarray:
        values = self._rng.standard_normal(tuple(parameter.shape), np.float32)
        if parameter.ndim == 2:
            return values * np.float32(parameter.shape[1] ** -0.5)
        return 1 + np.float32(0.1) * values


def _feeds(budget: StageBudget) -> dict[str, np.ndarray]:
    """One row of one sequence at the end of frame 4."""
    config, rng = budget.config, np.random.default_rng(2)
    slots = {"spatial": config.text_slots + budget.cells - 1}
    slots["temporal"] = config.text_slots + 5 * budget.cells - 1
    head_dim = config.hidden // config.heads
    feeds = {
        "hidden_0": rng.standard_normal((1, 1, config.hidden), np.float32),
        "positions": np.array([[config.text_slots + 5 * budget.cells - 1]], np.int32),
        "temporal_share": np.ones((1, 1, 1), np.float32),
        "spatial_bias": np.zeros((1, 1, 1, slots["spatial"] + 1), np.float32),
        "temporal_bias": np.zeros((1, 1, 1, 1, slots["temporal"] + 1), np.float32),
    }
    for layer in range(config.layers):
        for name in CACHES:
            shape = (1, config.heads, slots[name.split("_")[0]], head_dim)
            feeds[f"{name}_{layer}"] = rng.standard_normal(shape, np.float32)
    return feeds


def _bandwidth() -> float:
    """Bytes per second, the best of five sums over 400 MB."""
    array = np.ones(100_000_000, np.float32)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        array.sum()
        times.append(time.perf_counter() - start)
    return array.nbytes / min(times)


def _resident() -> int:
    """Resident bytes of this process (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()
