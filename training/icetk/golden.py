"""The picture tokenizer against a set of golden vectors: ids and decoded pixels, torch and ONNX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

from training.cogvideo.golden_case import GoldenCase, Side, largest_difference
from training.cogvideo.golden_files import GoldenFile, read_golden
from training.export.onnx_transformer import open_session
from training.icetk.config import IcetkConfig
from training.icetk.graph import UNCLAMPED, build_decoder_graph, build_encoder_graph
from training.icetk.model import IcetkVqvae
from training.icetk.weights import icetk_from_arrays

PIXEL_LIMIT = 2e-4
LATENT_LIMIT = 5e-5
TIE = 5e-5
"""Squared distances nearer than this are a tie: vectors of float32 are off by 4e-6, codes lie
about 5 apart, and 2 * 4e-6 * 5 is what that does to the difference of two squared distances."""

_PIXEL = "pixel of 0..1"


@dataclass(frozen=True)
class _Runner:
    """One side's computations: ids [N, G, G] and images [N, 3, P, P] in and out, as numpy."""

    side: Side
    encode: Callable[[np.ndarray], np.ndarray]
    decode: Callable[[np.ndarray], np.ndarray]  # before clamping
    decode_clamped: Callable[[np.ndarray], np.ndarray]


def check_vqvae(folder: Path) -> Iterator[GoldenCase]:
    """Every vector of vqvae.npz, through the torch model and the exported fp32 graphs."""
    golden = read_golden(folder / "vqvae.npz")
    _, weights = golden.split("io.")
    model = icetk_from_arrays(weights, IcetkConfig.from_json(golden.config))
    yield from _check_latents(golden, model)
    for runner in (_torch_runner(model), _onnx_runner(model)):
        yield from _check_ids(golden, runner)
        yield from _check_images(golden, runner)
        yield from _check_large(golden, runner)


def _check_latents(golden: GoldenFile, model: IcetkVqvae) -> Iterator[GoldenCase]:
    """What the level adapter and the projection make, at the sampled places."""
    with torch.inference_mode():
        latents = model.latents(torch.from_numpy(_images(golden)))
        vectors = model.quantize.proj(latents)
    image, row, column = golden["io.z_pos"].T
    for name, found in (("z_pre_proj", latents), ("z_proj", vectors)):
        found = found.numpy()[image, :, row, column]
        difference = largest_difference(found, golden[f"io.{name}"])
        yield GoldenCase(f"VQVAE: {name}", "torch", difference, LATENT_LIMIT, "of a latent")


def _check_ids(golden: GoldenFile, runner: _Runner) -> Iterator[GoldenCase]:
    """An id that differs counts unless its two nearest codes are equally near (see TIE)."""
    found = runner.encode(_images(golden)).reshape(golden["io.token_ids"].shape)
    wrong = (found != golden["io.token_ids"]) & (golden["io.id_distance_gap"] >= TIE)
    yield GoldenCase("VQVAE: encoded ids", runner.side, int(wrong.sum()), 0, "ids that differ")


def _check_images(golden: GoldenFile, runner: _Runner) -> Iterator[GoldenCase]:
    places, ids = tuple(golden["io.decoded_px"].T), _square(golden["io.decode_ids"])
    found = runner.decode(ids)
    stored = _beyond_rounding(found, golden["io.decoded"])
    exact = largest_difference(found[places], golden["io.decoded_px_values"])
    clamped = largest_difference(runner.decode_clamped(ids), found.clip(0, 1))
    figures = (
        ("decoded pixels", exact, PIXEL_LIMIT),
        ("whole images beyond the rounding of their file", stored, PIXEL_LIMIT),
        ("clamping", clamped, 0),
    )
    for name, difference, limit in figures:
        yield GoldenCase(f"VQVAE: {name}", runner.side, difference, limit, _PIXEL)


def _beyond_rounding(found: np.ndarray, stored: np.ndarray) -> float:
    """Largest distance of `found` from the numbers that round to `stored` (float16)."""
    half_step = np.spacing(np.abs(stored)).astype(np.float64) / 2
    near = np.clip(found.astype(np.float64), stored - half_step, stored + half_step)
    return largest_difference(found, near)


def _check_large(golden: GoldenFile, runner: _Runner) -> Iterator[GoldenCase]:
    """A picture of super-resolution's size, where attention goes in several chunks."""
    image = runner.decode(_square(golden["io.big_ids"][None]))[0]
    found = image[:, golden["io.big_rows"]][:, :, golden["io.big_cols"]]
    difference = largest_difference(found, golden["io.big_decoded"])
    name = f"VQVAE: decoded pixels, {image.shape[-1]} x {image.shape[-1]}"
    yield GoldenCase(name, runner.side, difference, PIXEL_LIMIT, _PIXEL)


def _torch_runner(model: IcetkVqvae) -> _Runner:
    def run(method: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[np.ndarray], np.ndarray]:
        def apply(values: np.ndarray) -> np.ndarray:
            with torch.inference_mode():
                return method(torch.from_numpy(values)).numpy()

        return apply

    return _Runner("torch", run(model.encode), run(model.decode_unclamped), run(model.decode))


def _onnx_runner(model: IcetkVqvae) -> _Runner:
    def encode(images: np.ndarray) -> np.ndarray:
        grid = images.shape[-1] // model.config.compress_rate
        graph = build_encoder_graph(model, "fp32", grid)
        return open_session(graph.SerializeToString()).run(None, {"frames": images})[0]

    def decode(ids: np.ndarray, output: str) -> np.ndarray:
        graph = build_decoder_graph(model, "fp32", ids.shape[-1])
        graph.graph.output.append(
            onnx.helper.make_tensor_value_info(UNCLAMPED, onnx.TensorProto.FLOAT, None)
        )
        session = open_session(graph.SerializeToString())
        return session.run([output], {"tokens": ids.astype(np.int32)})[0]

    return _Runner(
        "onnx", encode, lambda ids: decode(ids, UNCLAMPED), lambda ids: decode(ids, "frames")
    )


def _images(golden: GoldenFile) -> np.ndarray:
    return golden["io.images"].astype(np.float32)


def _square(ids: np.ndarray) -> np.ndarray:
    """Row-major ids [N, G * G] -> int64 [N, G, G]."""
    side = int(np.sqrt(ids.shape[-1]) + 0.5)
    return ids.astype(np.int64).reshape(-1, side, side)
