"""Prompts of an evaluation: what is sampled, what is read, what is refused."""

import json
from pathlib import Path

import pytest

from training.evaluation.labels import label_set, labels_of
from training.evaluation.prompts import PromptFileError, default_prompts, read_prompts
from training.evaluation.rate_rule import key_rate_for
from training.world.split import is_held_out


def test_default_prompts_pair_the_languages_and_halve_the_split() -> None:
    prompts = default_prompts(40, seed=3)
    assert len(prompts) == 40
    for english, chinese in zip(prompts[::2], prompts[1::2], strict=True):
        assert (english.language, chinese.language) == ("en", "zh")
        assert english.scene == chinese.scene and english.seed == chinese.seed
        scene = english.scene
        assert scene is not None
        held_out = is_held_out(scene.subject, scene.action, scene.place)
        assert english.split == ("held-out" if held_out else "seen")
        assert {f: english.labels[f] for f in ("subject", "action", "place")} == {
            f: labels_of(scene)[f] for f in ("subject", "action", "place")
        }
    assert sum(p.split == "held-out" for p in prompts) == 20
    named = [p for p in prompts if p.labels["direction"] in ("left", "right")]
    assert named and all((p.scene is not None and p.scene.moves) or p.labels["action"] == "jump"
                         for p in named)  # fmt: skip
    assert default_prompts(40, seed=3) == prompts
    with pytest.raises(ValueError, match="even"):
        default_prompts(7, seed=0)


def test_prompts_of_the_full_world_ask_for_what_they_say() -> None:
    prompts = default_prompts(40, seed=0, subset="full")
    rainy = [p for p in prompts if p.labels["weather"] == "rain" and p.language == "en"]
    assert rainy and all("rain" in p.text.lower() for p in rainy)
    assert {p.labels["colour"] for p in prompts} > {None}


def test_files_for_the_full_world_find_scenes(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    rows = [
        {"prompt": "a lion chases at sunset", "subject": "lion", "action": "chase",
         "place": "meadow", "time": "sunset", "weather": "fog"},
        {"prompt": "a robot on the moon", "place": "moon", "camera": "zoom_in"},
    ]  # fmt: skip
    path.write_text(json.dumps(rows), encoding="utf-8")
    first, second = read_prompts(path, label_set("full"), 0)
    assert first.scene is not None and first.split in ("seen", "held-out")
    assert (first.scene.time, first.scene.weather) == ("sunset", "fog")
    assert first.scene.other is not None
    assert second.scene is not None and second.scene.place == "moon"


def _read(path: Path, content: object) -> list:
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return read_prompts(path, label_set(), 100)


def test_prompt_files_are_json_or_csv(tmp_path: Path) -> None:
    rows = [
        {"prompt": "A lion drinks at the lake", "subject": "lion", "action": "drink",
         "place": "lake", "seed": 5},
        {"prompt": "狐狸跳", "subject": "fox", "direction": "left"},
        {"prompt": "a dolphin in the snow", "subject": "dolphin", "place": "snow"},
    ]  # fmt: skip
    first, second, third = _read(tmp_path / "p.json", rows)
    assert (first.language, first.seed, first.split) == ("en", 5, "seen")
    assert first.scene is not None and first.scene.place == "lake"
    assert (second.language, second.seed, second.split) == ("zh", 101, None)
    assert second.scene is not None and second.scene.direction == "left"
    assert third.scene is None and third.labels["subject"] == "dolphin"
    lines = 'prompt,subject,language\n"A lion, in snow",lion,en\n狮子,lion,\n'
    assert [p.text for p in _read(tmp_path / "p.csv", lines)] == ["A lion, in snow", "狮子"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "holds no prompts"),
        ({"prompt": "a"}, "must hold a list"),
        ("[", "is not JSON"),
        (["a lion"], "row 1: must be an object"),
        ([{"subject": "lion"}], "row 1: field prompt is missing"),
        ([{"prompt": " ", "subject": "lion"}], "row 1: field prompt is missing or empty"),
        ([{"prompt": "a", "subject": "lion"}, {"prompt": "b", "subject": "unicorn"}],
         "row 2: field subject is 'unicorn', not one of lion, zebra"),
        ([{"prompt": "a", "subject": 3}], "row 1: field subject is 3"),
        ([{"prompt": "a", "animal": "lion"}], "row 1: unknown field 'animal'; use prompt"),
        ([{"prompt": "a"}], "row 1: no label"),
        ([{"prompt": "a", "subject": "lion", "seed": -1}], "row 1: field seed is -1"),
        ([{"prompt": "a", "subject": "lion", "seed": 1.5}], "row 1: field seed is 1.5"),
        ([{"prompt": "a", "subject": "lion", "language": "fr"}], "row 1: field language is 'fr'"),
    ],
)  # fmt: skip
def test_wrong_prompt_files_are_refused(tmp_path: Path, content: object, message: str) -> None:
    with pytest.raises(PromptFileError) as caught:
        _read(tmp_path / "p.json", content)
    assert message in str(caught.value)


def test_wrong_csv_files_are_refused(tmp_path: Path) -> None:
    for text, message in (
        ("", "holds no prompts"),
        ("prompt,subject\n", "holds no prompts"),
        ("prompt,subject\na lion, in snow,lion\n", "row 1: the header has 2 columns"),
        ("prompt,subject\na lion\n", "row 1: the header has 2 columns"),
        ("prompt,subject\na lion,liom\n", "row 1: field subject is 'liom'"),
    ):
        with pytest.raises(PromptFileError) as caught:
            _read(tmp_path / "p.csv", text)
        assert message in str(caught.value)
    with pytest.raises(PromptFileError, match="cannot be read"):
        read_prompts(tmp_path / "none.csv", label_set(), 0)


def test_the_key_rate_is_the_products() -> None:
    rules = [
        {"words": ["jump", "leaps out", "跳"], "framesPerSecond": 4},
        {"words": ["drinks", "喝水"], "framesPerSecond": 1},
    ]
    manifest = {"rateRules": rules, "defaultKeyRate": 2}
    for prompt, rate in {
        "a lion stands": 2,
        "Foxes JUMPING high": 4,
        "he jumped": 4,
        "a jumper": 2,
        "it leaps  out": 4,
        "it leaps and runs out": 2,
        "一只狐狸跳起来": 4,
        "a fox jumps and drinks": 1,
        "狐狸跳起来喝水": 1,
        "it drinks": 1,
    }.items():
        assert key_rate_for(prompt, manifest) == rate, prompt
