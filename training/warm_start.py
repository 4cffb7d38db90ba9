"""Makes checkpoints from a model package, so that training goes on where a shipped model stopped.

    python -m training.warm_start --preset cpu [--package public/models/mini]

Writes vqvae/start.pt, upscaler/start.pt, ranker/start.pt, keyframes/start.pt,
interpolation/start.pt and started_from.json (what was trained before, for the next package's
manifest) into the preset's folder. What is not trained on is exported again as it is, if its
start.pt is copied to final.pt. The weights have the precision that the package stores. Pieces that
the preset's caption tokenizer has and the package's lacks start as the mean of the old pieces that
spell them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.common.checkpoint import Checkpoint, save_checkpoint
from training.export.checkpoints import HISTORY_FILE
from training.export.manifest_config import columns_of, rows_of
from training.export.package import TOKENIZER_FILE
from training.export.read_graphs import GraphReader, read_transformer, read_upscaler, read_vqvae
from training.export.read_ranker import read_ranker
from training.presets import PRESETS, Preset, data_folder, preset_named
from training.ranker.config import RANKER_RECIPES
from training.text.caption_tokenizer import CaptionTokenizer
from training.text.tokenizer_graph import build_tokenizer_graph
from training.transformer.config import STAGES, Stage
from training.transformer.model import Transformer
from training.upscaler.config import UPSCALER_PRESETS
from training.vqvae.config import VQVAE_PRESETS
from training.vqvae.model import config_as_plain_values


def package_tokenizer(package: Path, preset: Preset) -> CaptionTokenizer:
    """The pieces that a package's text embeddings belong to.

    ValueError when the package has no list of pieces and its tokenizer graph is not that of the
    preset's own tokenizer.
    """
    listed = package / TOKENIZER_FILE
    if listed.exists():
        return CaptionTokenizer.load(listed)
    own = CaptionTokenizer.load(data_folder(preset.name) / TOKENIZER_FILE)
    graph = build_tokenizer_graph(own, preset.codes).SerializeToString()
    if graph != (package / "tokenizer.onnx").read_bytes():
        raise ValueError(
            f"{package} has no {TOKENIZER_FILE} and its tokenizer graph differs from the preset's: "
            "nothing tells which embedding belongs to which piece."
        )
    return own


def with_vocabulary(
    model: Transformer, old: CaptionTokenizer, new: CaptionTokenizer, preset: Preset
) -> Transformer:
    """`model` over the pieces of `new`: known pieces keep their embedding."""
    config = preset.transformer(model.config.stage, new.vocabulary_size, new.pad_id)
    result = Transformer(config)
    weights: dict[str, Tensor] = dict(model.state_dict())
    if model.summary is None and result.summary is not None:  # starts as nothing
        weights |= {f"summary.{name}": w for name, w in result.summary.state_dict().items()}
    for part in ("stage_rows", "spot_rows", "height_rows"):
        if getattr(model, part) is None and (told := getattr(result, part)) is not None:
            weights[f"{part}.weight"] = told.weight
    codes, table = model.config.codes, weights["word.weight"]
    pieces = table[codes : codes + old.vocabulary_size]
    place = {piece.text: index for index, piece in enumerate(old.pieces)}
    rows = [
        pieces[place[p.text]] if p.text in place else _spelled(pieces, old, p.text)
        for p in new.pieces
    ]
    special = table[[model.config.boi_id, model.config.null_hint_id]]
    stages = table[model.config.first_stage_id :]
    if not len(stages):  # begin as what opened every frame
        stages = special[:1].expand(config.stages, -1)
    weights["word.weight"] = torch.cat([table[:codes], torch.stack(rows), special, stages])
    result.load_state_dict(weights)
    return result


def _spelled(pieces: Tensor, tokenizer: CaptionTokenizer, text: str) -> Tensor:
    """Mean embedding of the pieces that spell `text`."""
    ids = tokenizer.encode(text.replace("▁", " "))
    return pieces[ids or [tokenizer.unk_id]].mean(0)


def _checked_manifest(package: Path, preset: Preset) -> dict[str, Any]:
    """ValueError when the package's model is not of the preset's sizes."""
    try:
        manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{package} is no model package: {error}") from None
    found = {name: manifest["architecture"][name] for name in ("layers", "hidden", "heads")}
    found |= {name: manifest[name] for name in ("grid", "pixels", "codes")}
    wrong = {k: v for k, v in found.items() if v != getattr(preset, k)}
    if wrong:
        wanted = {name: getattr(preset, name) for name in wrong}
        raise ValueError(f"{package} has {wrong}, the preset {preset.name} {wanted}")
    return manifest


def _history(package: Path, manifest: dict[str, Any]) -> dict[str, str | float]:
    """Facts about the package's own training, runs before it included."""
    facts = manifest["training"]
    found: dict[str, str | float] = {
        "startedFromManifestSha256": _sha256(package / "manifest.json"),
        "startedFromVersion": manifest["version"],
        "startedFromCommit": facts["commit"],
    }
    for part in ("vqvae", "upscaler", "ranker", *STAGES):
        own, before = facts.get(f"{part}Minutes", 0), facts.get(f"{part}MinutesBefore", 0)
        found[f"{part}MinutesBefore"] = round(own + before, 1)
    return found


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@torch.no_grad()
def warm_start(package: Path, preset: Preset) -> list[Path]:
    """Writes the checkpoints and returns their paths; ValueError says what does not fit."""
    manifest = _checked_manifest(package, preset)
    folder = data_folder(preset.name)
    vqvae = read_vqvae(package, VQVAE_PRESETS[preset.name])
    written = [folder / "vqvae" / "start.pt"]
    history = _history(package, manifest)
    extra = {"startedFrom": history["startedFromManifestSha256"]}
    config = config_as_plain_values(vqvae.config)
    save_checkpoint(written[0], Checkpoint(vqvae.state_dict(), config, extra=extra))
    if "upscaler" in manifest["graphs"] and preset.upscaler_minutes:
        upscaler = read_upscaler(package, UPSCALER_PRESETS[preset.name])
        written.append(folder / "upscaler" / "start.pt")
        config = asdict(upscaler.config)
        save_checkpoint(written[-1], Checkpoint(upscaler.state_dict(), config, extra=extra))
    old = package_tokenizer(package, preset)
    own = folder / TOKENIZER_FILE
    new = CaptionTokenizer.load(own) if own.exists() else old
    new.save(own)
    # Its pieces cannot be exchanged: with others it is trained anew.
    same_pieces = [p.text for p in old.pieces] == [p.text for p in new.pieces]
    if "ranker" in manifest["graphs"] and preset.ranker_minutes and same_pieces:
        recipe = RANKER_RECIPES[preset.name]
        config = recipe.config(preset, old.vocabulary_size, old.pad_id, old.line_break_id)
        ranker = read_ranker(package, config)
        written.append(folder / "ranker" / "start.pt")
        config = asdict(ranker.config)
        save_checkpoint(written[-1], Checkpoint(ranker.state_dict(), config, extra=extra))
    for stage in STAGES:
        stored = _stored(package, manifest, preset, stage, old)
        model = with_vocabulary(stored, old, new, preset)
        written.append(folder / stage / "start.pt")
        checkpoint = Checkpoint(model.state_dict(), model.config.to_json(), extra=extra)
        save_checkpoint(written[-1], checkpoint)
    (folder / HISTORY_FILE).write_text(json.dumps(history, indent=2) + "\n", encoding="utf-8")
    return written


def _stored(
    package: Path, manifest: dict[str, Any], preset: Preset, stage: Stage, pieces: CaptionTokenizer
) -> Transformer:
    if preset.shared_base:
        raise ValueError(
            f"packages of the preset {preset.name} share weights between graphs, which are not "
            "read back; go on from its checkpoints, or from pieces by training.import_shards."
        )
    config = preset.transformer(stage, pieces.vocabulary_size, pieces.pad_id)
    if "text" not in manifest["graphs"][stage]["inputs"]:
        config = replace(config, text_summary=0)
    reader = GraphReader(package / f"{stage}.onnx")
    stages = len(reader.named("word")) - config.first_stage_id
    config = replace(
        config,
        stages=stages,
        stage_rows=reader.has_table("stage_rows"),
        columns=columns_of(manifest),
        rows=rows_of(manifest),
        vocabulary=config.first_stage_id + stages,
    )
    return read_transformer(package / f"{stage}.onnx", config)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--package", type=Path, help="default: the package that ships")
    options = parser.parse_args()
    preset = preset_named(options.preset)
    package = options.package or Path(__file__).parent.parent / "public" / "models" / "mini"
    try:
        for path in warm_start(package, preset):
            print(f"wrote {path}")
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
