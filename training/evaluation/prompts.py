"""The prompts that are drawn, with what they ask for: sampled, or read from a file."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation.labels import LabelSet, labels_of
from training.world.captions import LANGUAGES, stated_caption
from training.world.full.actions import PROPS
from training.world.full.catalog import others_of
from training.world.scene import Scene, sample_scene
from training.world.subsets import CPU, is_held_out_scene, subset_named

_COLUMNS = ("prompt", "language", "seed")
_MOST_SEED = 2**32 - 1
_FULL = frozenset({"subject", "action", "place"})
_CAPTIONS = 60  # drawn per prompt
_TRIES = 200  # scenes drawn for one combination until the other labels fit


class PromptFileError(ValueError):
    """A prompt file that cannot be used; the message names row, field and what is allowed."""


@dataclass(frozen=True)
class LabelledPrompt:
    """One clip to ask for."""

    text: str
    language: str
    seed: int  # of the random stream, uint32
    labels: dict[str, str | None]  # field -> what the prompt asks for; None = it does not say
    scene: Scene | None  # a real clip of the same labels; None where the world has none
    split: str | None  # "seen", "held-out"; None where subject, action or place is open


def default_prompts(count: int, seed: int, subset: str = CPU.name) -> list[LabelledPrompt]:
    """`count` prompts: every scene is asked for in English and in Chinese, with the same seed.

    Half of the scenes are of held-out pairs. Every caption states subject, action and place, and
    as much of the rest as its phrases can name; what it does not state is not asked for.
    """
    if count < 2 or count % 2:
        raise ValueError(f"the number of clips must be even and at least 2, not {count}")
    result = []
    for index in range(count // 2):
        held_out = index % 2 == 0
        rng = np.random.default_rng([seed, index])
        scene = sample_scene(rng, "heldout" if held_out else "train", subset)
        for language in LANGUAGES:
            text, states = _full_caption(scene, language, rng)
            labels = _stated(labels_of(scene), scene, states)
            split = "held-out" if held_out else "seen"
            result.append(LabelledPrompt(text, language, seed + index, labels, scene, split))
    return result


def _full_caption(
    scene: Scene, language: str, rng: np.random.Generator
) -> tuple[str, frozenset[str]]:
    """The caption that states most of some dozens; there are phrases that never name everything."""
    captions = [stated_caption(scene, rng, language) for _ in range(_CAPTIONS)]
    full = [caption for caption in captions if caption.states >= _FULL]
    best = max(full, key=lambda caption: len(caption.states))
    return best.text, best.states


def _stated(
    labels: dict[str, str | None], scene: Scene, states: frozenset[str]
) -> dict[str, str | None]:
    """The labels that a caption asks for. In the cpu subset colour and time follow from subject and
    place, whether a word names them or not."""
    implied = {"colour", "time"} if scene.world == CPU.name else set()
    return {field: name if field in states | implied else None for field, name in labels.items()}


def read_prompts(path: Path, labels: LabelSet, first_seed: int) -> list[LabelledPrompt]:
    """Prompts of a JSON list of objects or of a CSV file with a header line.

    Fields: prompt (needed), language ("en" or "zh"; by default told from the characters), seed (by
    default first_seed + row) and any of the labels. PromptFileError names the first wrong row.
    """
    rows = _json_rows(path) if path.suffix.lower() == ".json" else _csv_rows(path)
    if not rows:
        raise PromptFileError(f"{path} holds no prompts; give at least one row")
    return [_read_row(f"{path}, row {i + 1}", row, labels, first_seed + i)
            for i, row in enumerate(rows)]  # fmt: skip


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptFileError(f"{path} cannot be read as UTF-8 text: {error}") from error


def _json_rows(path: Path) -> list[Any]:
    try:
        rows = json.loads(_text_of(path))
    except json.JSONDecodeError as error:
        raise PromptFileError(f"{path} is not JSON: {error}") from error
    if not isinstance(rows, list):
        raise PromptFileError(f"{path} must hold a list of objects, one per prompt")
    return rows


def _csv_rows(path: Path) -> list[Any]:
    reader = csv.DictReader(_text_of(path).splitlines(), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise PromptFileError(f"{path}, line {reader.line_num}: not CSV: {error}") from error
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            columns = len(reader.fieldnames or ())
            raise PromptFileError(f"{path}, row {number}: the header has {columns} columns, this "
                                  "row has another number; quote texts with commas")  # fmt: skip
    return [{name: value for name, value in row.items() if value != ""} for row in rows]


def _read_row(where: str, row: Any, labels: LabelSet, seed: int) -> LabelledPrompt:
    if not isinstance(row, dict):
        raise PromptFileError(f"{where}: must be an object with a prompt, not {row!r}")
    columns = (*_COLUMNS, *labels.fields)
    unknown = [name for name in row if name not in columns]
    if unknown:
        raise PromptFileError(f"{where}: unknown field {unknown[0]!r}; use {', '.join(columns)}")
    text = row.get("prompt")
    if not isinstance(text, str) or not text.strip():
        raise PromptFileError(f"{where}: field prompt is missing or empty")
    language = row.get("language") or ("zh" if any("一" <= c <= "鿿" for c in text) else "en")
    if language not in LANGUAGES:
        raise PromptFileError(
            f"{where}: field language is {language!r}, not one of {', '.join(LANGUAGES)}"
        )
    wanted: dict[str, str | None] = {field: row.get(field) for field in labels.fields}
    for field, name in wanted.items():
        if name is not None and name not in labels.classes[field]:
            allowed = ", ".join(labels.classes[field])
            raise PromptFileError(f"{where}: field {field} is {name!r}, not one of {allowed}")
    if all(name is None for name in wanted.values()):
        raise PromptFileError(f"{where}: no label; give at least one of {', '.join(labels.fields)}")
    scene, split = _matching_scene(wanted, seed, labels.subset)
    return LabelledPrompt(text, language, _seed(where, row, seed), wanted, scene, split)


def _seed(where: str, row: dict[str, Any], default: int) -> int:
    value = row.get("seed", default)
    try:
        seed = int(value)
    except (TypeError, ValueError):
        seed = -1
    if isinstance(value, bool | float) or not 0 <= seed <= _MOST_SEED:
        raise PromptFileError(
            f"{where}: field seed is {value!r}, not a whole number from 0 to {_MOST_SEED}"
        )
    return seed


def _matching_scene(
    labels: dict[str, str | None], seed: int, subset: str
) -> tuple[Scene | None, str | None]:
    """A scene that shows the labels, if the world has one, and its side of the split.

    The side is None where subject, action or place is open.
    """
    rng, world = np.random.default_rng(seed), subset_named(subset)
    choices = [
        (subject, action, place)
        for subject in world.subjects
        if labels["subject"] in (None, subject)
        for action in world.actions_of(subject)
        if labels["action"] in (None, action)
        for place in world.places_of(subject, action)
        if labels["place"] in (None, place)
    ]
    if not choices:
        return None, None
    for _ in range(_TRIES):
        subject, action, place = choices[rng.integers(len(choices))]
        base = sample_scene(rng, world=subset)
        names = {"subject": subject, "action": action, "place": place}
        # A setting that was drawn for another place or action may be impossible here: plain ones.
        plain = {"colour": None, "time": "day", "weather": "clear", "camera": "still"}
        asked = {name: labels[name] for name in plain if labels.get(name) and subset != CPU.name}
        direction = labels["direction"] or ("toward" if action == "walk_toward" else base.direction)
        company = _company(subject, action) if subset != CPU.name else {}
        scene = replace(base, **names, **{**plain, **asked}, **company, direction=direction)
        if all(name in (None, labels_of(scene)[field]) for field, name in labels.items()):
            open_ = any(labels[field] is None for field in names)
            return scene, None if open_ else "held-out" if is_held_out_scene(scene) else "seen"
    return None, None


def _company(subject: str, action: str) -> dict[str, str | None]:
    """The second subject and the thing that an action needs."""
    others, props = others_of(subject, action), PROPS.get(action, ())
    return {"other": others[0] if others else None, "prop": props[0] if props else None}
