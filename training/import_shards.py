"""Takes up what training.export_shards gathered: to export the model, or to train it further.

    python -m training.import_shards --dir DIR [--force]

A finished part becomes final.pt in its preset's folder. One under way becomes checkpoint.pt, from
which the same training command goes on (with a fresh optimizer state).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.common.checkpoint import Checkpoint, save_checkpoint
from training.common.shards import Shards, read_shards
from training.presets import data_folder, preset_named


def place(shards: Shards, force: bool = False) -> list[Path]:
    """Writes the parts into the preset's folder; FileExistsError before anything is replaced."""
    folder = data_folder(preset_named(shards.preset).name)
    targets = {name: folder / name / _file(part) for name, part in shards.parts.items()}
    texts = {folder / name: text for name, text in shards.documents.items()}
    present = [path for path in (*targets.values(), *texts) if path.exists()]
    if present and not force:
        raise FileExistsError(f"{present[0]} exists already; --force replaces it.")
    for name, part in shards.parts.items():
        # A stage goes on from its live and its averaged weights, which are one here.
        if not part.extra["finished"] and name != "vqvae":
            part.extra["average"] = part.model
        save_checkpoint(targets[name], part)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return [*targets.values(), *texts]


def _file(part: Checkpoint) -> str:
    return "final.pt" if part.extra["finished"] else "checkpoint.pt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", type=Path, required=True, help="folder of index.json")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    arguments = parser.parse_args()
    try:
        written = place(read_shards(arguments.dir), arguments.force)
    except (FileNotFoundError, FileExistsError, ValueError) as error:
        sys.exit(str(error))
    for path in written:
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
