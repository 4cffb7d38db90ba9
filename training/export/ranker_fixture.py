"""Writes the ranker of the TypeScript tests: python -m training.export.ranker_fixture

Random weights that fit the micro package, and which of three candidates they keep, of whole clips
and of every frame, one after the other and in parallel: the clip as the evaluation's sampler draws
it. training.verify_export --preset micro writes it as well, since it depends on that package; for
frames in parallel it takes the graphs of training.export.masked_fixture.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.evaluation.clip_sampler import ClipSampler, Settings, Wish
from training.evaluation.package import RANKER, ModelPackage, open_package
from training.export.manifest import graph_entry
from training.export.ranker_graph import build_ranker_graph
from training.export.weight_storage import Precision
from training.presets import MICRO
from training.ranker.config import RANKER_RECIPES
from training.ranker.model import Ranker

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "fixtures" / "ranker"
MICRO_PACKAGE = ROOT / "tests" / "fixtures" / "models" / "micro"
_PRECISION: Precision = "int8"
MASKED_FOLDER = ROOT / "tests" / "fixtures" / "masked"
_CANDIDATES = 3
_LAG = 5
_PROMPT, _RATE, _ROUNDS = "a lion drinks water at the lake", 1, 1
_LEAST_MARGIN = 0.02
"""Nats between the best candidate and the next: no test may hang on a near tie."""
_MOST_SEEDS = 50


def fixture_ranker(manifest: dict[str, Any]) -> Ranker:
    """Weights that tell the candidates of a package of `manifest` apart."""
    ids, offset = manifest["ids"], manifest["ids"]["textOffset"]
    torch.manual_seed(8)
    config = RANKER_RECIPES["micro"].config(
        MICRO, ids["beginOfImage"] - offset, ids["pad"] - offset, ids["lineBreak"] - offset
    )
    model = Ranker(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        if parameter.ndim >= 2:
            parameter.add_(parameter[0].numel() ** -0.5 * torch.randn_like(parameter))
    return model


def add_ranker(package: Path, model: Ranker) -> None:
    """Puts the ranker into a package folder, its manifest included."""
    graph = build_ranker_graph(model, _PRECISION)
    content = graph.SerializeToString()
    (package / "ranker.onnx").write_bytes(content)
    path = package / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["graphs"][RANKER] = graph_entry("ranker.onnx", graph, content, _PRECISION, [])
    path.write_text(json.dumps(manifest), encoding="utf-8")


def ranked_package(folder: Path, package: Path = MICRO_PACKAGE) -> ModelPackage:
    """A copy of the micro package in `folder` with the fixture's ranker, opened."""
    shutil.copytree(package, folder, dirs_exist_ok=True)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    add_ranker(folder, fixture_ranker(manifest))
    return open_package(folder)


def golden_choice(package: ModelPackage) -> dict[str, Any]:
    """A clip whose best candidate is not the first, with the scores of all of them."""
    settings = Settings.of_manifest(package.manifest, candidates=_CANDIDATES)
    sampler, count = ClipSampler(package, settings), settings.candidates
    for seed in range(_MOST_SEEDS):
        wish = Wish(_PROMPT, seed, _RATE)
        drawn = sampler._key_frames([wish] * count, range(count))
        scores = sampler.scores([wish] * count, drawn)
        order = np.argsort(-scores)
        if order[0] != 0 and scores[order[0]] - scores[order[1]] > _LEAST_MARGIN:
            break
    else:
        raise ValueError(f"the first candidate is the best of each of {_MOST_SEEDS} seeds")
    return {
        "prompt": _PROMPT,
        "seed": seed,
        "keyRate": _RATE,
        "guidance": settings.guidance,
        "interpolationGuidance": settings.interpolation_guidance,
        "temperature": settings.temperature,
        "topK": settings.top_k,
        "candidates": count,
        "keyFrames": drawn.tolist(),
        "scores": [round(float(score), 5) for score in scores],
        "best": int(order[0]),
        "clip": sampler.clips([wish], _ROUNDS)[0].tolist(),
        **_frame_by_frame(package, wish, settings),
    }


def _frame_by_frame(package: ModelPackage, wish: Wish, settings: Settings) -> dict[str, Any]:
    """The clip when the ranker chooses after every frame, and its scores of the beginnings."""
    sampler = ClipSampler(package, replace(settings, choose_frames=True))
    clip = sampler.clips([wish], _ROUNDS)
    frames = clip[:, :: 2**_ROUNDS]
    beginnings = [sampler.scores([wish], frames[:, : n + 1])[0] for n in range(frames.shape[1])]
    return {
        "chosenClip": clip[0].tolist(),
        "beginnings": [round(float(score), 5) for score in beginnings],
    }


def parallel_choice(package: ModelPackage) -> dict[str, Any]:
    """Key frames that trail one another, chosen from after every frame, where that makes a
    difference; `package` must give the logits of several rows."""
    changes = {"candidates": _CANDIDATES, "key_frame_lag": _LAG}
    settings = Settings.of_manifest(package.manifest, **changes)
    sampler = ClipSampler(package, replace(settings, choose_frames=True))
    at_the_end = ClipSampler(package, replace(settings, choose_frames=False))
    for seed in range(_MOST_SEEDS):
        wish = Wish(_PROMPT, seed, _RATE)
        chosen = sampler.key_frames([wish])[0].tolist()
        if chosen != at_the_end.key_frames([wish])[0].tolist():
            return {"seed": seed, "lag": _LAG, "keyFrames": chosen}
    raise ValueError(f"the choice after every frame changes none of {_MOST_SEEDS} clips")


def masked_package(folder: Path, package: Path) -> ModelPackage:
    """A copy of a package in `folder` with the graphs of masked cells, opened."""
    shutil.copytree(package, folder, dirs_exist_ok=True)
    for file in MASKED_FOLDER.glob("*.onnx"):
        shutil.copy(file, folder / file.name)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    masked = json.loads((MASKED_FOLDER / "manifest.json").read_text(encoding="utf-8"))
    manifest["graphs"] |= masked["graphs"]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return open_package(folder)


def write_ranker_fixture(package: Path = MICRO_PACKAGE, folder: Path = FOLDER) -> None:
    """Writes ranker.onnx, its manifest entry and golden.json for the micro package `package`."""
    with tempfile.TemporaryDirectory() as scratch:
        ranked = ranked_package(Path(scratch) / "ranked", package)
        manifest = (package / "manifest.json").read_bytes()
        golden = {
            "manifestSha256": hashlib.sha256(manifest).hexdigest(),
            "graph": ranked.manifest["graphs"][RANKER],
            **golden_choice(ranked),
            "parallel": parallel_choice(masked_package(Path(scratch) / "masked", ranked.folder)),
        }
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(ranked.folder / "ranker.onnx", folder / "ranker.onnx")
    text = json.dumps(golden, separators=(",", ":"))
    (folder / "golden.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    torch.set_num_threads(1)
    write_ranker_fixture()
    print(f"{FOLDER}: {(FOLDER / 'ranker.onnx').stat().st_size} bytes")


if __name__ == "__main__":
    main()
