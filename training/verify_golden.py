"""Compares our models with CogVideo's golden vectors: `python -m training.verify_golden DIR`.

Prints the largest difference of every case, in torch and through the exported, unquantised graphs
in onnxruntime, and exits with an error if one is above its limit or a part cannot be read. Any
folder in the format of docs/cogvideo.md's golden sets will do, whatever its sizes.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import torch

from training.cogvideo.golden_case import GoldenCase, all_pass
from training.cogvideo.golden_set import PARTS, check_part, parts_of


@dataclass
class Verdict:
    """Figures of all compared parts, and what kept a part from being compared."""

    cases: dict[str, list[GoldenCase]] = field(default_factory=dict)  # by part
    errors: dict[str, str] = field(default_factory=dict)  # by part

    @property
    def passes(self) -> bool:
        """Nothing failed, and every part was really compared."""
        compared = bool(self.cases) and all(all_pass(cases) for cases in self.cases.values())
        return compared and not self.errors

    def to_json(self) -> dict[str, object]:
        parts = {part: [case.to_json() for case in cases] for part, cases in self.cases.items()}
        return {"passes": self.passes, "parts": parts, "errors": self.errors}

    def summary(self) -> list[str]:
        """One line for every part and side: its worst case, measured by the limit."""
        lines = []
        for part, cases in self.cases.items():
            for side in dict.fromkeys(case.side for case in cases):
                own = [case for case in cases if case.side == side]
                failed = sum(not case.passes for case in own)
                worst = max(own, key=lambda c: c.difference / (c.limit or 1))
                lines.append(f"{part}, {side}: {len(own)} cases, {failed} fail; nearest {worst}")
        return lines


def verify(folder: Path, parts: list[str], rows: int) -> Verdict:
    """Compares the parts one after the other and prints every case as it comes."""
    verdict = Verdict()
    for part in parts:
        cases = verdict.cases.setdefault(part, [])
        try:
            for case in check_part(folder, part, rows):
                print(case, flush=True)
                cases.append(case)
        except (OSError, ValueError, KeyError) as error:
            verdict.errors[part] = str(error)
            print(f"{part} cannot be compared: {error}", flush=True)
    return verdict


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a set of golden vectors")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures here")
    parser.add_argument("--part", choices=sorted(PARTS), action="append", help="default: all")
    parser.add_argument(
        "--rows",
        type=int,
        default=1,
        help="cells that one run of the cached step takes at most; 1 (default) as in sampling",
    )
    chosen = parser.parse_args(arguments)
    if chosen.rows < 1:
        parser.error("--rows must be at least 1")
    torch.set_num_threads(1)  # several threads wait for each other where anything else runs
    try:
        parts = chosen.part or parts_of(chosen.folder)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    verdict = verify(chosen.folder, parts, chosen.rows)
    print("\n".join(verdict.summary()))
    if chosen.json:
        chosen.json.write_text(json.dumps(verdict.to_json(), indent=1) + "\n", encoding="utf-8")
    if not verdict.passes:
        sys.exit("These are not CogVideo's numbers: see the lines above.")


if __name__ == "__main__":
    main()
