"""A sheet of drawn clips, each with its prompt and what the evaluator saw otherwise."""

from __future__ import annotations

from typing import Any

from PIL import Image

from training.evaluation.evaluation import Evaluation
from training.evaluation.package import ModelPackage
from training.evaluation.pictures import decoded
from training.transformer.config import FRAMES
from training.transformer.sheet import draw_rows


def verdict_sheet(package: ModelPackage, evaluation: Evaluation, most: int = 60) -> Image.Image:
    """The five key frames of the first `most` clips."""
    step = (evaluation.tokens.shape[1] - 1) // (FRAMES - 1)
    clips = decoded(package, evaluation.tokens[:most, ::step])
    return draw_rows(list(clips), [verdict(line) for line in evaluation.clips[:most]], columns=2)


def verdict(line: dict[str, Any]) -> str:
    """ "a lion sits · ok", or the labels that were seen instead of those asked for."""
    wrong = [
        f"{field} {line['seen'][field]}"
        for field, name in line["asked"].items()
        if line["seen"][field] != name
    ]
    if line["complete"] is False:
        wrong.append("stages missing")
    return f"{line['prompt']} · {'seen ' + ', '.join(wrong) if wrong else 'ok'}"
