"""icetk's VQVAE as two ONNX graphs with the names and layouts of the app's own picture tokenizer:
decoder (tokens -> frames) and encoder (frames -> tokens).

The grid is fixed in a graph: a package with super-resolution has a decoder of 60 x 60 tokens.
"""

from __future__ import annotations

import numpy as np
import onnx

from training.export.graph_builder import GraphBuilder
from training.export.weight_storage import Precision, rounded, store
from training.icetk.graph_walk import IcetkWalk, Plane, as_array
from training.icetk.layers import QUERIES_AT_ONCE
from training.icetk.model import IcetkVqvae

UNCLAMPED = "decoded"
"""Name of the decoder graph's value before it is clamped to 0..1."""


def build_decoder_graph(
    model: IcetkVqvae,
    precision: Precision,
    grid: int = 20,
    queries_at_once: int | None = QUERIES_AT_ONCE,
    names: tuple[str, str] = ("tokens", "frames"),
) -> onnx.ModelProto:
    """tokens int32 [N, G, G] -> frames float32 [N, 3, P, P] in 0..1, P = G * compress rate.

    `names` are those of input and output: ("fine_tokens", "upscaled") behind super-resolution.
    """
    config, (tokens, frames) = model.config, names
    g = GraphBuilder("decoder")
    g.input(tokens, "int32", ["N", grid, grid])
    book = store(g, as_array(model.quantize.embed.weight), _table(precision), "codebook")
    codes = g.node("Transpose", g.node("Gather", book, tokens, axis=0), perm=[0, 3, 1, 2])
    walk = IcetkWalk(g, precision, queries_at_once)
    decoder = model.decoder
    x = walk.convolution(Plane(codes, config.code_width, grid), decoder.conv_in)
    x = walk.middle(x, decoder.mid)
    for resolution in reversed(decoder.up):  # type: ignore[call-overload]
        x = walk.resolution(x, resolution)
    x = walk.convolution(walk.swish(walk.group_norm(x, decoder.norm_out)), decoder.conv_out)
    scaled = g.node("Mul", x.name, g.constant(as_array(model.std)))
    g.node("Add", scaled, g.constant(as_array(model.mean)), name=UNCLAMPED)
    g.node("Clip", UNCLAMPED, g.number(0), g.number(1), name=frames)
    g.output(frames, "float32", ["N", 3, x.side, x.side])
    return g.model()


def build_encoder_graph(
    model: IcetkVqvae,
    precision: Precision,
    grid: int = 20,
    queries_at_once: int | None = QUERIES_AT_ONCE,
) -> onnx.ModelProto:
    """frames float32 [N, 3, P, P] in 0..1 -> tokens int32 [N, G, G], P = G * compress rate."""
    config = model.config
    pixels = grid * config.compress_rate
    g = GraphBuilder("encoder")
    g.input("frames", "float32", ["N", 3, pixels, pixels])
    centred = g.node("Sub", "frames", g.constant(as_array(model.mean)))
    walk = IcetkWalk(g, precision, queries_at_once)
    normalised = g.node("Div", centred, g.constant(as_array(model.std)))
    encoder = model.enc
    x = walk.convolution(Plane(normalised, 3, pixels), encoder.conv_in)
    for resolution in encoder.down:
        x = walk.resolution(x, resolution)
    x = walk.middle(x, encoder.mid)
    x = walk.convolution(walk.swish(walk.group_norm(x, encoder.norm_out)), encoder.conv_out)
    for adapter in model.down_samplers[: config.level]:
        x = walk.adapter(x, adapter)
    tokens = _nearest(walk, walk.convolution(x, model.quantize.proj), model, _table(precision))
    g.node("Cast", tokens, name="tokens", to=onnx.TensorProto.INT32)
    g.output("tokens", "int32", ["N", grid, grid])
    return g.model()


def _nearest(walk: IcetkWalk, vectors: Plane, model: IcetkVqvae, precision: Precision) -> str:
    """The nearest code has the smallest |e|^2 - 2 z.e, a 1x1 convolution: [N, G, G]."""
    g = walk.g
    book = rounded(as_array(model.quantize.embed.weight), precision)
    squares = g.constant((book.astype(np.float64) ** 2).sum(1).astype(np.float32), name="squares")
    weight = store(g, book[:, :, None, None], precision, "codebook")
    twice = g.node("Mul", vectors.name, g.number(-2))
    return g.node(
        "ArgMin", g.node("Conv", twice, weight, squares, kernel_shape=[1, 1]), axis=1, keepdims=0
    )


def _table(precision: Precision) -> Precision:
    """Every token passes through one code: half precision at least."""
    return "fp16" if precision == "int8" else precision
