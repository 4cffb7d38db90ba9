"""Tells a scene in English or Chinese, always truly."""

import numpy as np

from training.world.captions import cpu, full
from training.world.captions.choice import LANGUAGES, Caption
from training.world.captions.known import known_things
from training.world.scene_graph import Scene
from training.world.subsets import subset_named

__all__ = [
    "LANGUAGES",
    "Caption",
    "actionless_caption",
    "all_caption_words",
    "caption",
    "example_prompts",
    "held_out_templates",
    "known_things",
    "plain_caption",
    "rate_words",
    "stated_caption",
]

# Grammar of each subset.
_GRAMMARS = {"cpu": cpu, "full": full}


def caption(scene: Scene, rng: np.random.Generator, language: str | None = None) -> str:
    """A true caption of the scene; half English, half Chinese unless a language is given."""
    return stated_caption(scene, rng, language).text


def stated_caption(
    scene: Scene, rng: np.random.Generator, language: str | None = None, held_out: bool = False
) -> Caption:
    """Like `caption`, with the labels that it states; `held_out` takes the untrained template."""
    language = language or LANGUAGES[int(rng.integers(2))]
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {language!r}")
    return _GRAMMARS[scene.world].stated_caption(scene, rng, language, held_out)


def actionless_caption(scene: Scene, rng: np.random.Generator) -> str:
    """A caption that leaves open what happens, as half-typed prompts do."""
    language = LANGUAGES[int(rng.integers(2))]
    return _GRAMMARS[scene.world].actionless_caption(scene, rng, language)


def plain_caption(scene: Scene, language: str) -> str:
    """The scene's plainest full sentence, e.g. "A lion drinks water at the lake."."""
    return _GRAMMARS[scene.world].plain_caption(scene, language)


def example_prompts(subset: str = "cpu") -> list[tuple[str, str]]:
    """Prompts (text, language) that a subset covers, for the app's gallery."""
    return _GRAMMARS[subset_named(subset).name].example_prompts()


def rate_words(subset: str = "cpu") -> dict[str, int]:
    """Words of actions and the key frame rate (fps) at which five frames cover the action."""
    return _GRAMMARS[subset_named(subset).name].rate_words()


def all_caption_words(subset: str = "cpu") -> dict[str, list[str]]:
    """The words that captions are made of: English single words, Chinese words and phrases."""
    return _GRAMMARS[subset_named(subset).name].all_caption_words()


def held_out_templates(subset: str = "cpu") -> dict[str, str]:
    """The template of each language that training captions never use."""
    return dict(_GRAMMARS[subset_named(subset).name].HELD_OUT_TEMPLATES)
