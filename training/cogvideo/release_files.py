"""Finds the parts of a release inside one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_NAMES = {
    "stage 1": ("cogvideo-stage1", "stage1.npz"),
    "stage 2": ("cogvideo-stage2", "stage2.npz"),
    "text model": ("ice_text.model",),
    "image tokenizer": ("ice_image.pt", "vqvae.npz"),
    "super-resolution": ("cogview2-dsr", "dsr.npz"),
    "code clusters": ("cluster_label2.npy", "sampling.npz"),
    "licence": ("LICENSE", "LICENSE.md", "LICENSE.txt", "MODEL_LICENSE", "Model_License"),
}
_ADVICE = {
    "stage 1": "unpack cogvideo-stage1.zip",
    "stage 2": "unpack cogvideo-stage2.zip",
    "text model": "fetch icetk's text model",
    "image tokenizer": "fetch icetk's image model",
    "code clusters": "copy it from CogVideo's source code",
}


@dataclass(frozen=True)
class ReleaseFiles:
    """None stands for what the folder does not have."""

    stages: tuple[Path | None, Path | None]
    text_model: Path | None
    image_tokenizer: Path | None
    super_resolution: Path | None
    clusters: Path | None
    licence: Path | None


def find_release(source: Path, partial: bool) -> ReleaseFiles:
    """FileNotFoundError lists all that is missing for a package; with `partial`, a stage is enough.

    Names beside the released ones: stage1.npz, stage2.npz, vqvae.npz and dsr.npz, state dicts of
    arrays, and sampling.npz with the table of clusters, as in golden sets. Super-resolution may be
    missing.
    """
    if not source.is_dir():
        raise FileNotFoundError(f"There is no folder {source}.")
    found = {part: _first(source, names) for part, names in _NAMES.items()}
    missing = [part for part in _ADVICE if found[part] is None]
    enough = partial and not {"stage 1", "stage 2"} <= set(missing)
    if missing and not enough:
        lines = [f"{p}: {' or '.join(_NAMES[p])} ({_ADVICE[p]})" for p in missing]
        raise FileNotFoundError(f"{source} lacks\n  " + "\n  ".join(lines))
    return ReleaseFiles(
        (found["stage 1"], found["stage 2"]),
        found["text model"],
        found["image tokenizer"],
        found["super-resolution"],
        found["code clusters"],
        found["licence"],
    )


def _first(source: Path, names: tuple[str, ...]) -> Path | None:
    return next((source / name for name in names if (source / name).exists()), None)
