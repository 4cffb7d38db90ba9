"""The picture tokenizer as two ONNX graphs: decoder (tokens -> frames) and encoder.

The modules are simple sequences, so the graphs are built by walking along them. Convolutions are
4-D; the encoder's pixel unshuffle and first convolution are one strided convolution.
"""

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from training.export.graph_builder import GraphBuilder
from training.export.weight_storage import Precision, round_weights, rounded, store
from training.vqvae.model import OUTPUT_GAIN, VQVAE, PixelNorm, ResidualBlock

_NORM_EPSILON = 1e-6  # PixelNorm's
# Codes are few and every token passes through one; half precision is finer than their noise.
_CODEBOOK: Precision = "fp16"


def round_vqvae(model: VQVAE, decoder: Precision, encoder: Precision) -> None:
    """Gives `model` the weights that its graphs compute with."""
    round_weights(model.decoder, decoder)
    round_weights(model.encoder, encoder)
    codebook = model.quantizer.codebook
    codebook.copy_(torch.from_numpy(rounded(codebook.numpy(), _CODEBOOK)))


def build_decoder_graph(model: VQVAE, precision: Precision) -> onnx.ModelProto:
    """tokens int32 [N, G, G] -> frames float32 [N, 3, P, P] in 0..1."""
    grid, pixels = model.config.grid, model.config.pixels
    g = GraphBuilder("decoder")
    g.input("tokens", "int32", ["N", grid, grid])
    codebook = store(g, model.quantizer.codebook.numpy(), _CODEBOOK, "codebook")
    codes = g.node("Transpose", g.node("Gather", codebook, "tokens", axis=0), perm=[0, 3, 1, 2])
    frames = ModuleWalk(g, precision).sequence(codes, model.decoder)
    frames = g.node("Add", g.node("Mul", frames, g.number(OUTPUT_GAIN)), g.number(0.5))
    g.node("Clip", frames, g.number(0), g.number(1), name="frames")
    g.output("frames", "float32", ["N", 3, pixels, pixels])
    return g.model()


def build_encoder_graph(model: VQVAE, precision: Precision) -> onnx.ModelProto:
    """frames float32 [N, 3, P, P] in 0..1 -> tokens int32 [N, G, G]."""
    grid, pixels = model.config.grid, model.config.pixels
    g = GraphBuilder("encoder")
    g.input("frames", "float32", ["N", 3, pixels, pixels])
    centred = g.node("Sub", g.node("Mul", "frames", g.number(2)), g.number(1))
    unshuffle, first, *rest = model.encoder
    walk = ModuleWalk(g, precision)
    fine = walk.unshuffled_convolution(centred, unshuffle, first)
    latents = walk.sequence(fine, rest)
    # The nearest code has the largest z.c - |c|^2 / 2.
    book = rounded(model.quantizer.codebook.numpy(), _CODEBOOK)
    bias = g.constant((-0.5 * (book**2).sum(1)).astype(np.float32), name="codebook.bias")
    weight = store(g, book[:, :, None, None], _CODEBOOK, "codebook")
    nearness = g.node("Conv", latents, weight, bias, kernel_shape=[1, 1])
    g.node(
        "Cast",
        g.node("ArgMax", nearness, axis=1, keepdims=0),
        name="tokens",
        to=onnx.TensorProto.INT32,
    )
    g.output("tokens", "int32", ["N", grid, grid])
    return g.model()


class ModuleWalk:
    """Adds the nodes of torch modules to a graph, one after the other."""

    def __init__(self, g: GraphBuilder, precision: Precision) -> None:
        self.g = g
        self.precision = precision
        self._convolutions = 0

    def sequence(self, x: str, modules: nn.Sequential | list[nn.Module]) -> str:
        for module in modules:
            x = self._module(x, module)
        return x

    def _module(self, x: str, module: nn.Module) -> str:
        if isinstance(module, ResidualBlock):
            return self.g.node("Add", x, self.sequence(x, list(module)))
        if isinstance(module, nn.Conv2d):
            return self._convolution(
                x, module.weight, module.bias, module.stride[0], int(module.padding[0])
            )
        if isinstance(module, nn.SiLU):
            return self.g.node("Mul", x, self.g.node("Sigmoid", x))
        if isinstance(module, PixelNorm):
            return self._pixel_norm(x)
        if isinstance(module, nn.PixelShuffle):
            return self.g.node("DepthToSpace", x, blocksize=module.upscale_factor, mode="CRD")
        raise TypeError(f"the picture tokenizer has a {type(module).__name__}: no graph for that")

    def _pixel_norm(self, x: str) -> str:
        g = self.g
        mean = g.node("ReduceMean", g.node("Mul", x, x), g.ints(1), keepdims=1)
        return g.node("Div", x, g.node("Sqrt", g.node("Add", mean, g.number(_NORM_EPSILON))))

    def unshuffled_convolution(self, x: str, unshuffle: nn.Module, convolution: nn.Module) -> str:
        """A convolution over `unshuffle`'s channels, as a larger one with a stride."""
        assert isinstance(unshuffle, nn.PixelUnshuffle) and isinstance(convolution, nn.Conv2d)
        side = unshuffle.downscale_factor
        outputs, _, height, width = convolution.weight.shape
        # Channel (c, y, x) of cell (i, j) is pixel (side * i + y, side * j + x) of plane c.
        kernel = convolution.weight.view(outputs, -1, side, side, height, width)
        kernel = kernel.permute(0, 1, 4, 2, 5, 3).reshape(outputs, -1, height * side, width * side)
        return self._convolution(
            x, kernel, convolution.bias, side, int(convolution.padding[0]) * side
        )

    def _convolution(
        self, x: str, weight: Tensor, bias: Tensor | None, stride: int, padding: int
    ) -> str:
        g, name = self.g, f"convolution_{self._convolutions}"
        self._convolutions += 1
        inputs = [x, store(g, weight.detach().numpy(), self.precision, f"{name}.weight")]
        if bias is not None:
            inputs.append(g.constant(bias.detach().numpy(), name=f"{name}.bias"))
        return g.node(
            "Conv",
            *inputs,
            kernel_shape=list(weight.shape[2:]),
            strides=[stride, stride],
            pads=[padding] * 4,
        )
