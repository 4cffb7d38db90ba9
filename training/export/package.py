"""A model package on disk: manifest.json beside the graphs that it names."""

from __future__ import annotations

import shutil
from pathlib import Path

import onnx

from training.export.add_card import write_with_card
from training.export.card import build_card
from training.export.checkpoints import TrainedParts, check_fit
from training.export.manifest import build_manifest, file_entry, graph_entry
from training.export.ranker_graph import build_ranker_graph
from training.export.shared_weights import take_shared_weights
from training.export.storyboard_graph import build_storyboard_graph
from training.export.transformer_graph import TransformerGraph
from training.export.upscaler_graph import build_upscaler_graph
from training.export.vqvae_graph import build_decoder_graph, build_encoder_graph
from training.export.weight_storage import Precision
from training.storyboard.plan import storyboard_table
from training.text.tokenizer_graph import build_tokenizer_graph
from training.world.subsets import subset_named

# Measured in Chromium on WASM with mini's sizes, one thread, two sequences: 4.3 ms a step, as with
# float32. MatMulNBits takes 15 ms with 8 bits and 17 ms with 4: WASM has no kernel for it. Bytes
# for activations as well take 5.1 ms and round where nothing is gained.
TRANSFORMER_PRECISION: Precision = "int8"
# Measured on mini's picture tokenizer: bytes cost 0.06 dB (subject 0.02) and save 3 MB.
DECODER_PRECISION: Precision = "int8"
# The encoder is fetched only for a first picture of the user's; in bytes 3 % of its tokens change.
ENCODER_PRECISION: Precision = "fp16"
UPSCALER_PRECISION: Precision = "fp16"
RANKER_PRECISION: Precision = "int8"
TOKENIZER_FILE = "tokenizer.json"
SHARED_FILE = "base.weights"


def build_graphs(parts: TrainedParts) -> dict[str, tuple[onnx.ModelProto, str]]:
    """Every graph of the package with the precision of its weights, by name."""
    codes = parts.vqvae.config.codes
    graphs: dict[str, tuple[onnx.ModelProto, str]] = {
        "tokenizer": (build_tokenizer_graph(parts.tokenizer, codes), "fp32")
    }
    for stage, model in parts.transformers.items():
        shared = parts.preset.shared_base
        writer = TransformerGraph(model, TRANSFORMER_PRECISION, shared, summary_once=True)
        graphs[stage] = (writer.build(), TRANSFORMER_PRECISION)
    graphs["decoder"] = (build_decoder_graph(parts.vqvae, DECODER_PRECISION), DECODER_PRECISION)
    graphs["encoder"] = (build_encoder_graph(parts.vqvae, ENCODER_PRECISION), ENCODER_PRECISION)
    if parts.upscaler is not None:
        graph = build_upscaler_graph(parts.upscaler, UPSCALER_PRECISION)
        graphs["upscaler"] = (graph, UPSCALER_PRECISION)
    if parts.ranker is not None:
        graphs["ranker"] = (build_ranker_graph(parts.ranker, RANKER_PRECISION), RANKER_PRECISION)
    if parts.planner is not None:
        config, subset = parts.transformers["keyframes"].config, subset_named(parts.preset.subset)
        table = storyboard_table(config, subset, parts.planner.known_paths)
        graphs["storyboard"] = (build_storyboard_graph(parts.planner, table), "fp32")
    return graphs


def write_package(
    parts: TrainedParts, out: Path, commit: str, command: str, hardware: str | None = None
) -> int:
    """Replaces the folder `out` by the package, in one step; returns its size in bytes.

    `hardware` is what the parts were trained on, for the model card; default: this machine.
    """
    check_fit(parts)
    unfinished = out.with_name(f"{out.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    graphs = build_graphs(parts)
    weights = []
    if parts.preset.shared_base:
        shared = take_shared_weights([graphs[stage][0] for stage in parts.transformers])
        (unfinished / SHARED_FILE).write_bytes(shared)
        weights = [file_entry(SHARED_FILE, shared)]
    entries = {}
    for name, (graph, precision) in graphs.items():
        content = graph.SerializeToString()
        path = f"{name}.onnx"
        (unfinished / path).write_bytes(content)
        draws = name in parts.transformers
        own = weights if draws else []
        entries[name] = graph_entry(path, graph, content, precision, own, graph_capture=draws)
    # No graph needs the list of pieces; training does, to go on from this package.
    parts.tokenizer.save(unfinished / TOKENIZER_FILE)
    manifest = build_manifest(parts, entries, commit, command)
    manifest["card"] = build_card(parts.preset, manifest["training"], hardware)
    write_with_card(unfinished, manifest)
    replace_folder(out, unfinished)
    return sum(file.stat().st_size for file in out.iterdir())


def replace_folder(out: Path, unfinished: Path) -> None:
    """Puts the finished folder in the place of `out`, which may exist."""
    old = out.with_name(f"{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    unfinished.rename(out)
    shutil.rmtree(old, ignore_errors=True)
