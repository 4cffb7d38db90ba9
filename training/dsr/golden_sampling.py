"""The cluster sampler inside the super-resolution graph against the golden distributions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from training.cogvideo.golden_case import GoldenCase, largest_difference
from training.cogvideo.golden_files import read_golden
from training.dsr.cluster_graph import ClusterGraph
from training.export.graph_builder import GraphBuilder
from training.export.onnx_transformer import open_session
from training.transformer.cluster_sampling import ClusterSampling

PROBABILITY_LIMIT = 1e-6


def check_cluster_graph(folder: Path) -> Iterator[GoldenCase]:
    """Every setting of sampling.npz: the probability of each code, read off the graph's draws."""
    golden = read_golden(folder / "sampling.npz")
    clusters, logits = golden["cluster_map"].astype(int), golden["logits"].astype(np.float32)
    for number, (temperature, kept, inner) in enumerate(golden["params"]):
        sampling = ClusterSampling(clusters, float(temperature), int(kept), float(inner))
        found = graph_probabilities(sampling, logits)
        difference = largest_difference(found, golden[f"setting{number}.probs"])
        name = f"dsr: cluster sampling in the graph, setting {number}"
        yield GoldenCase(name, "onnx", difference, PROBABILITY_LIMIT, "of a probability")


def graph_probabilities(sampling: ClusterSampling, logits: np.ndarray) -> np.ndarray:
    """float64 [R, codes] for logits float32 [R, codes]: every kept cluster is drawn once, by a
    number in the middle of its part."""
    g = GraphBuilder("cluster_sampling")
    g.input("logits", "float32", ["R", logits.shape[1]])
    g.input("uniforms", "float32", ["R", 1])
    draw = ClusterGraph(g, sampling).draw("logits", "uniforms")
    outputs = {
        draw.ranks: ("int64", ["R"]),
        draw.masses: ("float32", ["R", sampling.kept]),
        draw.members: ("int64", ["R", "W"]),
        draw.weights: ("float32", ["R", "W"]),
    }
    for name, (element, shape) in outputs.items():
        g.output(name, element, shape)
    session = open_session(g.model().SerializeToString())

    def run(numbers: np.ndarray) -> list[np.ndarray]:
        feeds = {"logits": logits, "uniforms": numbers.astype(np.float32)[:, None]}
        return session.run(list(outputs), feeds)

    _, masses, *_ = run(np.zeros(len(logits)))
    shares = masses.astype(np.float64) / masses.sum(1, dtype=np.float64, keepdims=True)
    found = np.zeros(logits.shape)
    for rank in range(sampling.kept):
        ranks, _, members, weights = run(shares[:, :rank].sum(1) + shares[:, rank] / 2)
        if (ranks != rank).any():
            raise AssertionError(f"the number of cluster {rank} drew another one")
        np.add.at(found, (np.arange(len(found))[:, None], members), shares[:, [rank]] * weights)
    return found
