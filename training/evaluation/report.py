"""The evaluation as JSON and as tables to read."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import asdict
from typing import Any

from training.evaluation.clip_sampler import Settings
from training.evaluation.evaluation import Evaluation
from training.evaluation.evaluator import Evaluator
from training.evaluation.package import ModelPackage

_NOTES = {
    "real": "fresh renders of the prompts' scenes",
    "reconstructed": "the same renders through the package's encoder and decoder: the ceiling",
    "generated": "drawn by the package's graphs",
    "shuffled": "the generated clips against the labels of other prompts: the floor",
    "frechetDistance": "on this evaluator's features against real clips; not comparable with I3D "
    "figures, and with each other only for equal numbers of clips; a mean over the languages, so "
    "that all sources of a group have as many clips as there are scenes",
    "inceptionScore": "of subject and action together, by this evaluator; a mean like the distance",
    "completion": "every stage of the action in order, the last one at the end; staged actions",
    "identity": "share of frames that show the subject which most frames of the clip show",
    "flicker": "mean difference of neighbouring frames outside the subject, levels of 0..255",
    "obeys": "progress per frame at twice the rate is nearer to 1/2 than to 1 or 1/4",
    "interval": "95 %, Wilson",
    "pixels": "frames are scored as the decoder gives them, before any upscaler",
}


def report_json(
    evaluation: Evaluation,
    evaluator: Evaluator,
    package: ModelPackage,
    settings: Settings,
    run: dict[str, Any],
) -> dict[str, Any]:
    """Everything that was measured and what it was measured with; `run` names seed, sizes, time."""
    manifest = package.manifest
    content = (package.folder / "manifest.json").read_bytes()
    return {
        "package": {
            "id": manifest["id"],
            "version": manifest["version"],
            "manifestSha256": hashlib.sha256(content).hexdigest(),
            "graphs": package.hashes,
        },
        "settings": asdict(settings),
        "evaluator": {"key": evaluator.key, "accuracyOnRenders": evaluator.accuracies},
        "run": {**run, "commit": _commit()},
        "notes": _NOTES,
        "sources": evaluation.sources,
        "chineseMinusEnglish": evaluation.languages,
        "rateObedience": evaluation.rates,
        "clips": evaluation.clips,
    }


def _commit() -> str:
    """The commit of the code, "unknown" outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def report_tables(report: dict[str, Any]) -> str:
    """The figures of all groups, sources side by side."""
    parts = []
    groups = report["sources"]["generated"]
    for group in groups:
        parts.append(_group_table(report["sources"], group))
    if report["chineseMinusEnglish"]:
        parts.append(_language_lines(report["chineseMinusEnglish"]))
    if report["rateObedience"]:
        parts.append(_rate_lines(report["rateObedience"]))
    return "\n\n".join(parts)


def _group_table(sources: dict[str, Any], group: str) -> str:
    columns = {name: groups[group] for name, groups in sources.items() if group in groups}
    counts = ", ".join(f"{name} {found['clips']}" for name, found in columns.items())
    rows = [["", *columns, "of ceiling"]]
    for name, share in columns["generated"]["shareOfCeiling"].items():
        if columns["generated"][name]["n"]:
            cells = [_share(found[name]) for found in columns.values()]
            rows.append([name, *cells, "" if share is None else f"{share:.0%}"])
    for name, digits in (("frechetDistance", 2), ("inceptionScore", 1), ("identity", 3),
                         ("flicker", 2)):  # fmt: skip
        values = [found[name] for found in columns.values()]
        rows.append([name, *("" if v is None else f"{v:.{digits}f}" for v in values), ""])
    return f"== {group} clips ({counts}) ==\n{_aligned(rows)}"


def _share(figure: dict[str, Any]) -> str:
    if figure["share"] is None:
        return "-"
    return f"{figure['share']:.1%} ({figure['low']:.0%}-{figure['high']:.0%}, n {figure['n']})"


def _language_lines(found: dict[str, Any]) -> str:
    rows = [
        [name, f"{100 * value['difference']:+.1f} points",
         f"({100 * value['low']:+.0f} to {100 * value['high']:+.0f}, n {value['n']})"]
        for name, value in found.items() if name != "scenes"
    ]  # fmt: skip
    return f"== Chinese minus English, {found['scenes']} scenes ==\n{_aligned(rows)}"


def _rate_lines(rates: dict[str, Any]) -> str:
    rows = [["", "obeys", "progress per frame", "travel per frame"]]
    for name, found in rates.items():
        travel = "-" if found["travelRatio"] is None else f"{found['travelRatio']:.2f}"
        rows.append([name, _share(found["obeys"]), f"{found['progressRatio']:.2f}", travel])
    return f"== twice the frame rate (0.50 is perfect) ==\n{_aligned(rows)}"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
