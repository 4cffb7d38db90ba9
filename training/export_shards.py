"""Gathers what a preset's training has reached into a few small files, finished or not.

    python -m training.export_shards --preset gpu --out DIR

DIR gets index.json and pieces of at most 16 MiB; training.import_shards takes them up elsewhere.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from training.common.checkpoint import Checkpoint, load_checkpoint
from training.common.shards import LIMIT, Shards, write_shards
from training.presets import PRESETS, data_folder
from training.transformer.config import STAGES
from training.transformer.tokens import KIND_OF_STAGE, token_file

DOCUMENTS = ("tokenizer.json",)


def gather(preset: str) -> Shards:
    """The newest weights of every part; averaged ones of an unfinished stage."""
    folder = data_folder(preset)
    parts = {}
    for name in ("vqvae", *STAGES):
        for file in ("final.pt", "checkpoint.pt"):
            path = folder / name / file
            if path.exists():
                parts[name] = _weights(load_checkpoint(path), finished=file == "final.pt")
                break
    for stage in STAGES:
        tokens = token_file(preset, KIND_OF_STAGE[stage], "train")
        if stage in parts and tokens.exists():
            parts[stage].extra["data_sha256"] = hashlib.sha256(tokens.read_bytes()).hexdigest()
    if not parts:
        raise FileNotFoundError(f"{folder} holds no checkpoints yet: train first.")
    texts = {name: folder / name for name in DOCUMENTS}
    documents = {name: p.read_text(encoding="utf-8") for name, p in texts.items() if p.exists()}
    return Shards(preset, parts, documents)


def _weights(checkpoint: Checkpoint, finished: bool) -> Checkpoint:
    average = checkpoint.extra.get("average")
    plain = {k: v for k, v in checkpoint.extra.items() if isinstance(v, int | float | str)}
    return Checkpoint(
        model=checkpoint.model if average is None else average,
        config=checkpoint.config,
        step=checkpoint.step,
        elapsed=checkpoint.elapsed,
        extra={**plain, "finished": finished},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--out", type=Path, required=True, help="new or empty folder")
    parser.add_argument("--limit", type=int, default=LIMIT, help="bytes of the largest piece")
    arguments = parser.parse_args()
    try:
        shards = gather(arguments.preset)
        files = write_shards(shards, arguments.out, arguments.limit)
    except (FileNotFoundError, FileExistsError) as error:
        sys.exit(str(error))
    for name, part in shards.parts.items():
        state = "finished" if part.extra["finished"] else "under way"
        print(f"{name}: {state}, step {part.step}, {part.elapsed / 60:.1f} min")
    print(f"{len(files)} files, {sum(f.stat().st_size for f in files) / 2**20:.1f} MiB in "
          f"{arguments.out}")  # fmt: skip


if __name__ == "__main__":
    main()
