"""Cluster sampling as nodes of an ONNX graph: what `draw_code` of
training/transformer/cluster_sampling.py does, for many rows at once and in float32."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.export.graph_builder import GraphBuilder
from training.transformer.cluster_sampling import ClusterSampling

_NEVER = -1e30  # score of a place that holds no code


@dataclass(frozen=True)
class ClusterDraw:
    """Names of values in the graph, one row for each of R rows of logits."""

    codes: str  # int64 [R], the drawn codes
    ranks: str  # int64 [R], rank of the drawn cluster among the kept ones
    masses: str  # float32 [R, k], probabilities of the kept clusters, falling, sum below 1
    members: str  # int64 [R, W], codes of the drawn cluster, ascending, padded
    weights: str  # float32 [R, W], their probabilities, 0 for padding


class ClusterGraph:
    """Draws with one setting. ValueError when fewer clusters have codes than are to be kept."""

    def __init__(self, g: GraphBuilder, sampling: ClusterSampling) -> None:
        sizes = np.bincount(sampling.clusters)
        if np.count_nonzero(sizes) < sampling.kept:
            raise ValueError(
                f"{np.count_nonzero(sizes)} clusters have codes, but {sampling.kept} must be kept"
            )
        self.g = g
        self.sampling = sampling
        one_hot = np.eye(len(sizes), dtype=np.int8)[sampling.clusters]
        self._one_hot = g.cast(g.constant(one_hot, name="cluster.of_code"), "float32")
        members, scores = _member_tables(sampling.clusters, sizes)
        self._members = g.constant(members, name="cluster.members")
        self._scores = g.constant(scores, name="cluster.scores")
        self._last = g.constant(np.maximum(sizes[:, None] - 1, 0), "int64", name="cluster.last")

    def draw(self, logits: str, uniforms: str) -> ClusterDraw:
        """logits float32 [R, codes], uniforms float32 [R, 1] in [0, 1)."""
        g, sampling = self.g, self.sampling
        scaled = g.node("Div", logits, g.number(sampling.temperature))
        masses = g.node("MatMul", g.node("Softmax", scaled, axis=-1), self._one_hot)
        kept, clusters = f"{masses}.kept", f"{masses}.clusters"
        g.nodes("TopK", [masses, g.ints(sampling.kept)], [kept, clusters], axis=-1)
        rank, within = self._cluster(kept, uniforms)
        cluster = g.reshape(g.node("GatherElements", clusters, rank, axis=-1), -1)
        members = g.node("Gather", self._members, cluster, axis=0)
        inside = g.node("GatherElements", scaled, members, axis=-1)
        inside = g.node("Div", inside, g.number(sampling.inner_temperature))
        inside = g.node("Add", inside, g.node("Gather", self._scores, cluster, axis=0))
        weights = g.node("Softmax", inside, axis=-1)
        sums = self._running(weights)
        place = self._passed(sums, g.node("Mul", within, self._total(sums)))
        place = g.node("Min", place, g.node("Gather", self._last, cluster, axis=0))
        codes = g.reshape(g.node("GatherElements", members, place, axis=-1), -1)
        return ClusterDraw(codes, g.reshape(rank, -1), kept, members, weights)

    def _cluster(self, masses: str, uniforms: str) -> tuple[str, str]:
        """The kept cluster in whose part the number falls and where in that part, [R, 1] each."""
        g = self.g
        sums = self._running(masses)
        target = g.node("Mul", uniforms, self._total(sums))
        last = g.number(self.sampling.kept - 1, "int64")
        rank = g.node("Min", self._passed(sums, target), last)
        mass = g.node("GatherElements", masses, rank, axis=-1)
        before = g.node("Sub", g.node("GatherElements", sums, rank, axis=-1), mass)
        within = g.node("Div", g.node("Sub", target, before), mass)
        return rank, g.node("Clip", within, g.number(0), g.number(1 - 2**-24))

    def _running(self, weights: str) -> str:
        return self.g.node("CumSum", weights, self.g.number(-1, "int64"))

    def _total(self, sums: str) -> str:
        return self.g.slice(sums, -1, 1 << 31, 1)

    def _passed(self, sums: str, target: str) -> str:
        """How many running sums do not exceed the target: int64 [R, 1]."""
        above = self.g.node("Greater", sums, target)
        passed = self.g.cast(self.g.node("Not", above), "int64")
        return self.g.node("ReduceSum", passed, self.g.ints(1), keepdims=1)


def _member_tables(clusters: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes of each cluster, int64 [n, W], and 0 or, where it is padding, a hopeless score."""
    members = np.zeros((len(sizes), sizes.max()), np.int64)
    scores = np.full(members.shape, _NEVER, np.float32)
    for cluster, size in enumerate(sizes):
        members[cluster, :size] = np.flatnonzero(clusters == cluster)
        scores[cluster, :size] = 0
    return members, scores
