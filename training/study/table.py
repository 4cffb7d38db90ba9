"""The table in Markdown and JSON, from whatever rows are there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation.metrics import wilson_interval
from training.study.judge import Judged, figures
from training.study.models import VARIANTS
from training.study.rows import Row, all_rows, run_folder
from training.study.settings import Settings

REFERENCES = {  # file -> title
    "real": "real renders",
    "ceiling": "ceiling: real renders through the picture tokenizer",
    "floor": "floor: the same, judged by the next prompt",
}
TITLES = {
    "hierarchical": "hierarchical, images first",
    "hierarchical-scratch": "hierarchical, no image pre-training",
    "one-stage": "one stage",
    "single-channel": "VideoGPT-style (one channel, one rate)",
    "video-gan": "video GAN (TGANv2-style), whole clips",
}
COLUMNS = {
    "frechet": "Frechet distance",
    "inception": "inception-style",
    "subject": "subject",
    "action": "action",
    "place": "place",
    "all": "all three",
    "all, held-out": "all three, held-out",
    "completion": "completion",
    "complete and right": "complete, all three right",
}
SHARES = set(COLUMNS) - {"frechet", "inception"}


def collect(folder: Path, settings: Settings, seeds: Sequence[int]) -> dict[str, Any]:
    """All figures of the study's folder, of the seeds that are finished."""
    real = Judged.load(folder / "reference" / "others.npz").features
    references = {
        title: _summary([Judged.load(folder / "reference" / f"{file}.npz")], real)
        for file, title in REFERENCES.items()
    }
    rows = []
    for row in all_rows(settings):
        have = [seed for seed in seeds if _judged_file(row, folder, seed).exists()]
        judged = [Judged.load(_judged_file(row, folder, seed)) for seed in have]
        if judged:
            rows.append({**asdict(row), "seeds": have, **_summary(judged, real)})
    runs = [
        json.loads(file.read_text())
        for variant in VARIANTS
        for seed in seeds
        if (file := run_folder(folder, variant, seed) / "record.json").exists()
    ]
    return {
        "settings": asdict(settings), "references": references, "rows": rows, "runs": runs,
    }  # fmt: skip


def _judged_file(row: Row, folder: Path, seed: int) -> Path:
    return row.file(folder, seed).with_suffix(".judged.npz")


def _summary(judged: list[Judged], real: np.ndarray) -> dict[str, Any]:
    """Mean and spread over the seeds, and 95 % intervals of the pooled clips."""
    single = [figures(one, real) for one in judged]
    names = single[0].keys()
    result: dict[str, Any] = {"values": single}
    result["mean"] = {name: float(np.mean([s[name] for s in single])) for name in names}
    result["spread"] = {
        name: float(np.std([s[name] for s in single], ddof=1)) if len(single) > 1 else None
        for name in names
    }
    pooled = {field: np.concatenate([j.right[field] for j in judged]) for field in judged[0].right}
    pooled["completion"] = np.concatenate([j.complete for j in judged])
    result["interval"] = {name: _interval(values) for name, values in pooled.items()}
    return result


def _interval(values: np.ndarray) -> dict[str, float]:
    """95 % Wilson interval of the clips that count; clips of two seeds share their prompts, so
    the interval speaks of these prompts."""
    counted = values[~np.isnan(values)]
    low, high = wilson_interval(int(counted.sum()), len(counted))
    return {"n": len(counted), "low": low, "high": high}


def markdown(found: dict[str, Any], command: str, commit: str) -> str:
    """The comparison, the guidance sweep and what every run did."""
    settings, runs = found["settings"], found["runs"]
    guidance = settings["guidance"]
    compared = [row for row in found["rows"] if row["guidance"] in (guidance, None)]
    swept = [row for row in found["rows"] if row["variant"] == "hierarchical"]
    lines = ["# The paper's comparisons at the size of this repository", ""]
    lines += [f"`{command}`, commit {commit}.", ""]
    lines += ["What is compared, what came out and its limits: training/study/README.md.", ""]
    lines += ["Mean ± standard deviation over the seeds.", ""]
    lines += _table(
        "what draws",
        [(name, summary) for name, summary in found["references"].items()]
        + [(_title(row), row) for row in compared],
    )
    lines += ["", "## Guidance scale, hierarchical with images first", ""]
    lines += _table(
        "scale",
        [(f"{r['guidance']:g}", r) for r in sorted(swept, key=lambda r: r["guidance"])],
    )
    lines += ["", "## Training", "", *_run_table(runs)]
    return "\n".join(lines) + "\n"


def _title(row: dict[str, Any]) -> str:
    count = len(row["seeds"])
    seeds = "1 seed" if count == 1 else f"{count} seeds"
    overlap = f", windows overlap by {row['overlap']}" if row["overlap"] else ""
    return f"{TITLES[row['variant']]}{overlap} ({seeds})"


def _table(first: str, rows: list[tuple[str, dict[str, Any]]]) -> list[str]:
    lines = [f"| {first} | {' | '.join(COLUMNS.values())} |", f"|{' --- |' * (len(COLUMNS) + 1)}"]
    for title, summary in rows:
        cells = [_cell(name, summary) for name in COLUMNS]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def _cell(name: str, summary: dict[str, Any]) -> str:
    mean, spread = summary["mean"][name], summary["spread"][name]
    scale, digits = (100, 0) if name in SHARES else (1, 1)
    unit = " %" if name in SHARES else ""
    more = "" if spread is None else f" ± {scale * spread:.{digits}f}"
    return f"{scale * mean:.{digits}f}{more}{unit}"


def _run_table(runs: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| variant | seed | parameters | processor minutes | steps | windows | validation, nats |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for run in runs:
        nats = ", ".join(f"{kind} {value:.3f}" for kind, value in run["validation"].items())
        apart = run.get("discriminator_parameters", 0)
        more = f" (and {apart / 1e6:.2f} M of discriminators)" if apart else ""
        lines.append(
            f"| {TITLES[run['variant']]} | {run['seed']} | {run['parameters'] / 1e6:.2f} M{more} "
            f"| {run['seconds'] / 60:.2f} | {run['steps']} | {run['windows']} | {nats or '-'} |"
        )
    return lines
