"""Writes the tables of a study's folder, whatever is finished."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from training.study.settings import Settings
from training.study.table import collect, markdown


def write_report(folder: Path, settings: Settings, seeds: Sequence[int]) -> None:
    """FOLDER/study.md and FOLDER/study.json."""
    command = (
        f"python -m training.study --out DIR --seeds {len(seeds)} "
        f"--minutes-per-run {settings.minutes:g} --prompts {settings.prompts} "
        f"--clips {settings.train_clips} --vqvae-steps {settings.vqvae_steps}"
    )
    commit = current_commit()
    about = {"command": command, "commit": commit, "evaluator": read_evaluator(folder)}
    found = collect(folder, settings, seeds)
    (folder / "study.json").write_text(json.dumps({**about, **found}, indent=1) + "\n")
    (folder / "study.md").write_text(markdown(found, command, commit))


def claim_evaluator(folder: Path, key: str) -> None:
    """Notes which evaluator judges here; ValueError when clips were judged by another one."""
    held = read_evaluator(folder)
    if held not in (None, key):
        raise ValueError(
            f"the clips in {folder} were judged by evaluator {held}, now it is {key}: delete the "
            "folder's reference/ and *.judged.npz to judge all of them again"
        )
    (folder / "evaluator.txt").write_text(f"{key}\n")


def read_evaluator(folder: Path) -> str | None:
    """Key of the evaluator that judged the folder's clips, None before the first."""
    file = folder / "evaluator.txt"
    return file.read_text().strip() if file.exists() else None


def current_commit() -> str:
    """Short hash of the checked-out commit, "unknown" outside a repository."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
    )
    return done.stdout.strip() or "unknown"
