"""The nodes of the VQVAE's modules, added to an ONNX graph one module after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from training.export.graph_builder import GraphBuilder
from training.export.weight_storage import Precision, store
from training.icetk.layers import (
    AttentionBlock,
    Downsample,
    LevelAdapter,
    Middle,
    ResidualBlock,
    Resolution,
    Upsample,
)


@dataclass(frozen=True)
class Plane:
    """A value [N, channels, side, side] of the graph."""

    name: str
    channels: int
    side: int


class IcetkWalk:
    """Adds the nodes of the VQVAE's modules to a graph, one after the other."""

    def __init__(self, g: GraphBuilder, precision: Precision, queries_at_once: int | None) -> None:
        self.g = g
        self.precision = precision
        self.queries_at_once = queries_at_once
        self._convolutions = 0

    def resolution(self, x: Plane, module: Resolution) -> Plane:
        for block in module.block:
            x = self.residual(x, block)  # type: ignore[arg-type]
        if module.downsample is not None:
            return self.downsample(x, module.downsample)
        return x if module.upsample is None else self.upsample(x, module.upsample)

    def middle(self, x: Plane, module: Middle) -> Plane:
        x = self.attention(self.residual(x, module.block_1), module.attn_1)
        return self.residual(x, module.block_2)

    def residual(self, x: Plane, module: ResidualBlock) -> Plane:
        inner = self.convolution(self.swish(self.group_norm(x, module.norm1)), module.conv1)
        inner = self.convolution(self.swish(self.group_norm(inner, module.norm2)), module.conv2)
        skip = x if module.nin_shortcut is None else self.convolution(x, module.nin_shortcut)
        return self._sum(inner, skip)

    def attention(self, x: Plane, module: AttentionBlock) -> Plane:
        """Chunks of queries are nodes of their own; each one's scores are freed before the next."""
        g, positions = self.g, x.side**2
        normed = self.group_norm(x, module.norm)
        query, key, value = (
            g.reshape(self.convolution(normed, conv).name, 0, x.channels, positions)
            for conv in (module.q, module.k, module.v)
        )
        scaled = g.node("Mul", query, g.number(x.channels**-0.5))
        rows = g.node("Transpose", scaled, perm=[0, 2, 1])
        values = g.node("Transpose", value, perm=[0, 2, 1])
        size = self.queries_at_once or positions
        found = []
        for start in range(0, positions, size):
            part = g.slice(rows, start, min(start + size, positions), 1)
            weights = g.node("Softmax", g.node("MatMul", part, key), axis=-1)
            found.append(g.node("MatMul", weights, values))
        joined = found[0] if len(found) == 1 else g.node("Concat", *found, axis=1)
        plane = g.reshape(g.node("Transpose", joined, perm=[0, 2, 1]), 0, 0, x.side, x.side)
        return self._sum(x, self.convolution(Plane(plane, x.channels, x.side), module.proj_out))

    def downsample(self, x: Plane, module: Downsample) -> Plane:
        return self.convolution(x, module.conv, ends=1)

    def upsample(self, x: Plane, module: Upsample) -> Plane:
        g = self.g
        wide = g.node(
            "Resize",
            x.name,
            "",
            g.constant([1, 1, 2, 2], "float32"),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return self.convolution(Plane(wide, x.channels, 2 * x.side), module.conv)

    def adapter(self, x: Plane, module: LevelAdapter) -> Plane:
        mean = self.g.node("AveragePool", x.name, kernel_shape=[2, 2], strides=[2, 2])
        return self._sum(
            self.downsample(x, module.conv_down_sampler), Plane(mean, x.channels, x.side // 2)
        )

    def group_norm(self, x: Plane, norm: nn.GroupNorm) -> Plane:
        """By InstanceNormalization of the groups: every backend has that one."""
        g, groups = self.g, norm.num_groups
        apart = g.reshape(x.name, 0, groups, -1)
        ones, zeros = (g.constant(np.full(groups, v, np.float32)) for v in (1, 0))
        normed = g.node("InstanceNormalization", apart, ones, zeros, epsilon=norm.eps)
        normed = g.reshape(normed, 0, x.channels, x.side, x.side)
        weight, bias = (g.constant(as_array(p)[:, None, None]) for p in (norm.weight, norm.bias))
        return Plane(g.node("Add", g.node("Mul", normed, weight), bias), x.channels, x.side)

    def swish(self, x: Plane) -> Plane:
        gate = self.g.node("Sigmoid", x.name)
        return Plane(self.g.node("Mul", x.name, gate), x.channels, x.side)

    def convolution(self, x: Plane, conv: nn.Conv2d, ends: int = 0) -> Plane:
        """`ends`: rows and columns of zeros at bottom and right, beside the convolution's own."""
        g, name = self.g, f"convolution_{self._convolutions}"
        self._convolutions += 1
        assert conv.bias is not None
        kernel, stride, padding = conv.kernel_size[0], conv.stride[0], int(conv.padding[0])
        made = g.node(
            "Conv",
            x.name,
            store(g, as_array(conv.weight), self.precision, f"{name}.weight"),
            g.constant(as_array(conv.bias)),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[padding, padding, padding + ends, padding + ends],
        )
        side = (x.side + 2 * padding + ends - kernel) // stride + 1
        return Plane(made, conv.out_channels, side)

    def _sum(self, one: Plane, other: Plane) -> Plane:
        return Plane(self.g.node("Add", one.name, other.name), one.channels, one.side)


def as_array(tensor: Tensor) -> np.ndarray:
    """float32 numpy copy of a weight."""
    return tensor.detach().float().cpu().numpy()
