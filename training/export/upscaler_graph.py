"""The upscaler as an ONNX graph: the decoder's frames -> frames to show."""

import onnx

from training.export.graph_builder import GraphBuilder
from training.export.vqvae_graph import ModuleWalk
from training.export.weight_storage import Precision
from training.upscaler.model import MARGIN, OUTPUT_GAIN, Upscaler


def build_upscaler_graph(model: Upscaler, precision: Precision) -> onnx.ModelProto:
    """frames float32 [N, 3, P, P] in 0..1 -> upscaled float32 [N, 3, F * P, F * P] in 0..1."""
    config = model.config
    g = GraphBuilder("upscaler")
    g.input("frames", "float32", ["N", 3, config.pixels, config.pixels])
    centred = g.node("Sub", g.node("Mul", "frames", g.number(2)), g.number(1))
    unshuffle, first, *rest = model.body
    walk = ModuleWalk(g, precision)
    added = walk.sequence(walk.unshuffled_convolution(centred, unshuffle, first), rest)
    added = g.node("Mul", added, g.number(OUTPUT_GAIN))
    sum_ = g.node("Add", _enlarged(g, model), added)
    g.node("Clip", sum_, g.number(0), g.number(1), name="upscaled")
    g.output("upscaled", "float32", ["N", 3, config.large, config.large])
    return g.model()


def _enlarged(g: GraphBuilder, model: Upscaler) -> str:
    """Bicubic enlargement without Resize, whose edges differ between backends."""
    pads = g.ints(0, 0, MARGIN, MARGIN, 0, 0, MARGIN, MARGIN)
    wide = g.node("Pad", "frames", pads, mode="edge")
    kernel = g.constant(model.kernel.numpy(), name="bicubic")
    cells = g.node("Conv", wide, kernel, kernel_shape=list(model.kernel.shape[2:]))
    return g.node("DepthToSpace", cells, blocksize=model.config.factor, mode="CRD")
