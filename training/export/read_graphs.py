"""Reads weights back out of exported graphs: transformer_graph.py, vqvae_graph.py and
upscaler_graph.py, inverted.

Operations are found by their order, not by name, since equal constants are stored once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import NodeProto, numpy_helper
from torch import Tensor, nn

from training.transformer.config import TransformerConfig
from training.transformer.model import Transformer
from training.upscaler.config import UpscalerConfig
from training.upscaler.model import Upscaler
from training.vqvae.config import VqvaeConfig
from training.vqvae.model import VQVAE, ResidualBlock


class GraphReader:
    """The constants of one graph, folded as onnxruntime folds them: Cast, Mul and Reshape."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: the model package is incomplete.")
        graph = onnx.load(str(path)).graph
        self.path = path
        self.nodes: list[NodeProto] = list(graph.node)
        self._initializers = {tensor.name: tensor for tensor in graph.initializer}
        self._producers = {name: node for node in self.nodes for name in node.output if name}

    def constant(self, name: str) -> np.ndarray | None:
        """The float32 value of a constant expression, None if it depends on an input."""
        if name in self._initializers:
            return numpy_helper.to_array(self._initializers[name]).astype(np.float32)
        node = self._producers.get(name)
        if node is None or node.op_type not in ("Cast", "Mul", "Reshape"):
            return None
        parts = [self.constant(value) for value in node.input]
        if any(part is None for part in parts):
            return None
        if node.op_type == "Mul":
            return parts[0] * parts[1]
        return parts[0] if node.op_type == "Cast" else parts[0].reshape(parts[1].astype(int))

    def operands(self, operator: str, place: int) -> list[np.ndarray]:
        """Constant operand `place` of all nodes of that type that have one, in order."""
        found = [self.constant(n.input[place]) for n in self.nodes if n.op_type == operator]
        return [value for value in found if value is not None]

    def has_table(self, name: str) -> bool:
        return name in self._initializers

    def named(self, name: str) -> np.ndarray:
        """A stored table by name, scales applied."""
        if not self.has_table(name):
            raise ValueError(f"{self.path} has no table {name}: it was written by another version.")
        values = numpy_helper.to_array(self._initializers[name]).astype(np.float32)
        scale = self._initializers.get(f"{name}.scale")
        return values if scale is None else values * numpy_helper.to_array(scale)


def read_transformer(path: Path, config: TransformerConfig) -> Transformer:
    """The model that a pre-norm graph (`norm` "rms", no biases) computes with, of known sizes.

    Weights have the precision that they are stored in. ValueError names what does not fit.
    """
    if config.norm != "rms" or config.biases or config.positions != "factorised":
        raise ValueError("only pre-norm models without biases can be read back from a package")
    reader, model = GraphReader(path), Transformer(config)
    tables = {"word": model.word, "position_text": model.position_text}
    tables |= {"position_frame": model.position_frame, "position_row": model.position_row}
    tables |= {"position_column": model.position_column}
    tables |= {f"hint_{i}": hint for i, hint in enumerate(model.hints)}
    if model.stage_rows is not None:
        tables["stage_rows"] = model.stage_rows
    if model.spot_rows is not None:
        tables["spot_rows"] = model.spot_rows
    if model.height_rows is not None:
        tables["height_rows"] = model.height_rows
    for name, table in tables.items():
        fill(table.weight, reader.named(name), f"{path.name}: {name}")
    matrices = [matrix.T for matrix in reader.operands("MatMul", 1)]
    norms = reader.operands("SkipSimplifiedLayerNormalization", 2)
    wanted = 5 * config.layers + (model.head is not None) + (model.gate is not None)
    wanted_norms = 2 * config.layers + 1
    if model.summary is not None:
        wanted, wanted_norms = wanted + 2, wanted_norms + 1
    if len(matrices) != wanted or len(norms) != wanted_norms:
        raise ValueError(f"{path} has {len(matrices)} matrices and {len(norms)} norms; "
                         f"expected {wanted} and {wanted_norms}")  # fmt: skip
    if model.summary is not None:
        fill(model.summary.norm.weight, norms.pop(0), "norm of the text summary")
        fill(model.summary.inner.weight, matrices.pop(0), "text summary")
        fill(model.summary.outer.weight, matrices.pop(0), "text summary")
    for index, layer in enumerate(model.layers):
        _fill_layer(layer, matrices[5 * index :], norms[2 * index :], config, f"layer {index}")
    fill(model.norm.weight, norms[-1], "final norm")
    for layer, share in zip(model.layers, _shares(reader), strict=True):
        base = np.clip(1 - share.astype(np.float64), 1e-6, 1 - 1e-6)
        fill(layer.mix, np.log(base / (1 - base)), "mix")
    rest = matrices[5 * config.layers :]
    if model.head is not None:
        fill(model.head.weight, rest.pop(0), "head")
    if model.gate is not None:
        fill(model.gate.weight, rest.pop(0), "gate")
        fill(model.gate.bias, reader.named("gate.bias"), "gate bias")
    return model


def _fill_layer(
    layer: nn.Module,
    matrices: list[np.ndarray],
    norms: list[np.ndarray],
    config: TransformerConfig,
    name: str,
) -> None:
    # The graph's queries carry the softmax scale.
    scale = np.repeat([config.head_dim**0.5, 1, 1], config.hidden)[:, None]
    spatial, temporal = np.split(matrices[0], 2)
    fill(layer.spatial.qkv.weight, spatial * scale, f"{name}: spatial qkv")
    fill(layer.temporal.qkv.weight, temporal * scale, f"{name}: temporal qkv")
    parts = (layer.spatial.dense, layer.temporal.dense, layer.mlp_in, layer.mlp_out)
    for part, matrix in zip(parts, matrices[1:5], strict=True):
        fill(part.weight, matrix, name)
    fill(layer.norm_attention.weight, norms[0], f"{name}: norm")
    fill(layer.norm_mlp.weight, norms[1], f"{name}: norm")


def _shares(reader: GraphReader) -> list[np.ndarray]:
    """Weight vectors of the temporal channel, by layer: Mul(is image, share)."""
    is_image = next(n.output[0] for n in reader.nodes if "positions" in n.input)
    products = [n for n in reader.nodes if n.op_type == "Mul" and n.input[0] == is_image]
    return [reader.constant(node.input[1]) for node in products]


def read_vqvae(folder: Path, config: VqvaeConfig) -> VQVAE:
    """The picture tokenizer of a package's decoder.onnx and encoder.onnx, of known widths.

    `config` may ask for more residual blocks than the package has: a new block starts as the
    identity, so the function stays the package's.
    """
    decoder, encoder = GraphReader(folder / "decoder.onnx"), GraphReader(folder / "encoder.onnx")
    model = VQVAE(config)
    fill(model.quantizer.codebook, decoder.named("codebook"), "codebook")
    model.quantizer.sums.copy_(model.quantizer.codebook)
    model.quantizer.counts.fill_(1.0)
    model.quantizer.ready.fill_(True)
    decoder_kernels, encoder_kernels = kernels_of(decoder), kernels_of(encoder)[:-1]
    # The encoder's last convolution compares with the codebook.
    fill_convolutions(model.decoder, decoder_kernels, decoder.path.name)
    fill_convolutions(model.encoder, encoder_kernels, encoder.path.name)
    return model


def read_upscaler(folder: Path, config: UpscalerConfig) -> Upscaler:
    """The upscaler of a package's upscaler.onnx, of known widths; its weights are of 16 bits."""
    reader, model = GraphReader(folder / "upscaler.onnx"), Upscaler(config)
    fill_convolutions(model.body, kernels_of(reader), reader.path.name)
    return model


Kernel = tuple[np.ndarray, np.ndarray]
"""Weight [outputs, inputs, height, width] and bias [outputs]."""


def kernels_of(reader: GraphReader) -> list[Kernel]:
    """Of all convolutions with a bias, in order."""
    # The fixed bicubic enlargement is a convolution without bias.
    found = [n for n in reader.nodes if n.op_type == "Conv" and len(n.input) == 3]
    return [(reader.constant(n.input[1]), reader.constant(n.input[2])) for n in found]


def fill_convolutions(module: nn.Sequential, kernels: list[Kernel], name: str) -> None:
    """Fills the module's convolutions in order, passing over residual blocks that were added."""
    left = list(kernels)
    for part in module:
        if isinstance(part, ResidualBlock):
            width = part[1].weight.shape[0]
            if not left or left[0][0].shape != (width, width, 3, 3):
                nn.init.zeros_(part[-1].bias)  # its weight is zero already
                continue
        for convolution in part.modules():
            if isinstance(convolution, nn.Conv2d):
                kernel, bias = left.pop(0)
                if kernel.shape != tuple(convolution.weight.shape):
                    kernel = _folded(kernel, convolution)
                fill(convolution.weight, kernel, name)
                fill(convolution.bias, bias, name)
    if left:
        raise ValueError(f"{name} has {len(left)} convolutions more than the model")


def _folded(kernel: np.ndarray, convolution: nn.Conv2d) -> np.ndarray:
    """Kernel over shuffled channels of a strided kernel over pixels: the exporter's, inverted."""
    outputs, inputs, height, width = convolution.weight.shape
    side = kernel.shape[2] // height
    planes = inputs // side**2 if side else 0
    if kernel.shape != (outputs, planes, height * side, width * side):
        raise ValueError(f"a kernel {kernel.shape} does not fit {tuple(convolution.weight.shape)}")
    parts = kernel.reshape(outputs, planes, height, side, width, side)
    return parts.transpose(0, 1, 3, 5, 2, 4).reshape(outputs, inputs, height, width)


@torch.no_grad()
def fill(target: Tensor, values: np.ndarray, name: str) -> None:
    """Overwrites a parameter with `values`; ValueError if their shapes differ."""
    if tuple(target.shape) != values.shape:
        raise ValueError(f"{name}: {values.shape} in the package, expected {tuple(target.shape)}")
    target.copy_(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)))
