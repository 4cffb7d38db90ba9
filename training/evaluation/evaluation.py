"""The whole evaluation of a package: real, reconstructed, generated and shuffled clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from training.evaluation.clip_figures import ScoredClips, figures, right_labels, score_clips
from training.evaluation.clip_sampler import ClipSampler, Wish
from training.evaluation.evaluator import Evaluator
from training.evaluation.pictures import decoded, encoded, real_clips
from training.evaluation.prompts import LabelledPrompt
from training.evaluation.rate_obedience import rate_figures
from training.evaluation.rate_rule import key_rate_for
from training.world.atlas import World
from training.world.captions import LANGUAGES

SPLITS = ("seen", "held-out")


@dataclass(frozen=True)
class Evaluation:
    """What was measured: figures by source and group, and every clip's own line."""

    sources: dict[str, dict[str, Any]]  # "real", "reconstructed", "generated", "shuffled"
    languages: dict[str, Any] | None  # Chinese against English on the same scenes
    rates: dict[str, Any] | None
    clips: list[dict[str, Any]]
    tokens: np.ndarray  # int32 [N, F, C], what was drawn


def evaluate(
    evaluator: Evaluator,
    sampler: ClipSampler,
    world: World,
    prompts: Sequence[LabelledPrompt],
    rounds: int,
    rate_clips: int,
) -> Evaluation:
    """Draws and scores the prompts. `world` has the package's frame size; `rate_clips` bounds the
    prompts of the rate test (0 leaves it out)."""
    package, report = sampler.package, sampler.report
    wishes = [Wish(p.text, p.seed, key_rate_for(p.text, package.manifest)) for p in prompts]
    frames = 4 * 2**rounds + 1
    sources: dict[str, dict[str, Any]] = {}
    with_scene = _unlike_scenes(prompts)
    if with_scene:
        rates = [wishes[i].key_rate for i in with_scene]
        scenes = [prompts[i].scene for i in with_scene]
        real = real_clips([s for s in scenes if s is not None], rates, frames, world)
        report("rendered the real clips")
        copies = decoded(package, encoded(package, real))
        report("reconstructed them")
        asked = [prompts[i] for i in with_scene]
        languages = [{p.language for p in prompts if p.scene == own.scene} for own in asked]
        for name, clips in (("real", real), ("reconstructed", copies)):
            sources[name] = _groups(evaluator, score_clips(evaluator, clips), asked, languages)
    tokens = sampler.clips(wishes, rounds)
    scored = score_clips(evaluator, decoded(package, tokens))
    sources["generated"] = _groups(evaluator, scored, prompts)
    sources["shuffled"] = _groups(evaluator, scored, _shuffled(prompts))
    for group, found in sources["generated"].items():
        ceiling = sources.get("reconstructed", {}).get(group)
        found["shareOfCeiling"] = {
            name: _ratio(found[name]["share"], ceiling[name]["share"] if ceiling else None)
            for name in shared_figures(evaluator)
        }
    obedience = None
    if rate_clips:
        key_frames = tokens[:, :: 2**rounds]
        obedience = rate_figures(evaluator, sampler, world, prompts, wishes, key_frames, rate_clips)
    return Evaluation(
        sources,
        _language_difference(evaluator, scored, prompts),
        obedience,
        _clip_lines(evaluator, scored, prompts, wishes),
        tokens,
    )


def shared_figures(evaluator: Evaluator) -> tuple[str, ...]:
    """The shares of right clips, which are also given as parts of the ceiling."""
    return (*evaluator.labels.fields, "all", "completion")


def _unlike_scenes(prompts: Sequence[LabelledPrompt]) -> list[int]:
    """The first prompt of every scene: two languages share one real clip."""
    first: dict[Any, int] = {}
    for index, prompt in enumerate(prompts):
        if prompt.scene is not None:
            first.setdefault(prompt.scene, index)
    return list(first.values())


def _groups(
    evaluator: Evaluator,
    scored: ScoredClips,
    prompts: Sequence[LabelledPrompt],
    languages: Sequence[set[str]] | None = None,
) -> dict[str, Any]:
    """Figures of all clips, of each side of the split and of each language that occurs.

    `languages` of each clip: by default its prompt's; a real clip may stand for both.
    """
    languages = languages or [{prompt.language} for prompt in prompts]
    still = np.array([_stands_still(prompt) for prompt in prompts])
    scored = replace(scored, flicker=np.where(still, scored.flicker, np.nan))
    right = right_labels(scored, [prompt.labels for prompt in prompts], evaluator.labels)
    members = {"all": np.ones(len(prompts), bool)}
    for split in SPLITS:
        members[split] = np.array([prompt.split == split for prompt in prompts])
    by_language = [np.array([language in own for own in languages]) for language in LANGUAGES]
    members |= dict(zip(LANGUAGES, by_language, strict=True))
    return {
        name: figures(evaluator, scored, right, where, by_language)
        for name, where in members.items()
        if where.any()
    }


def _stands_still(prompt: LabelledPrompt) -> bool:
    """False where weather, camera, a second subject or a thing moves outside the subject's box."""
    scene = prompt.scene
    if scene is None:
        return True
    return (scene.weather, scene.camera, scene.other, scene.prop) == ("clear", "still", None, None)


def _shuffled(prompts: Sequence[LabelledPrompt]) -> list[LabelledPrompt]:
    """Every clip is held against the labels of another prompt of another scene: half a turn around
    the list, so that languages and sides of the split stay alike."""
    count = len(prompts)
    # Default prompts come in fours: two languages of a held-out scene, two of a seen one.
    half = 4 * (count // 8) or count // 2
    return [prompts[(index + half) % count] for index in range(count)]


def _ratio(share: float | None, ceiling: float | None) -> float | None:
    return share / ceiling if share is not None and ceiling else None


def _language_difference(
    evaluator: Evaluator, scored: ScoredClips, prompts: Sequence[LabelledPrompt]
) -> dict[str, Any] | None:
    """Chinese minus English on scenes that were asked for in both: mean of the paired differences
    with a 95 % normal interval; None without such pairs."""
    right = right_labels(scored, [prompt.labels for prompt in prompts], evaluator.labels)
    by_scene: dict[Any, dict[str, int]] = {}
    for index, prompt in enumerate(prompts):
        if prompt.scene is not None:
            by_scene.setdefault((prompt.scene, prompt.seed), {})[prompt.language] = index
    pairs = [pair for pair in by_scene.values() if len(pair) == len(LANGUAGES)]
    if not pairs:
        return None
    english, chinese = (np.array([pair[language] for pair in pairs]) for language in LANGUAGES)
    result: dict[str, Any] = {"scenes": len(pairs)}
    for name, values in right.items():
        steps = values[chinese] - values[english]
        steps = steps[~np.isnan(steps)]
        if len(steps) > 1:
            half = 1.96 * float(steps.std(ddof=1)) / len(steps) ** 0.5
            mean = float(steps.mean())
            result[name] = {"difference": mean, "n": len(steps), "low": mean - half,
                            "high": mean + half}  # fmt: skip
    return result


def _clip_lines(
    evaluator: Evaluator,
    scored: ScoredClips,
    prompts: Sequence[LabelledPrompt],
    wishes: Sequence[Wish],
) -> list[dict[str, Any]]:
    """What was asked for and seen, clip by clip."""
    labels, seen = evaluator.labels, scored.seen
    right = right_labels(scored, [prompt.labels for prompt in prompts], labels)
    lines = []
    for index, (prompt, wish) in enumerate(zip(prompts, wishes, strict=True)):
        complete = right["completion"][index]
        lines.append(
            {
                "prompt": prompt.text,
                "language": prompt.language,
                "seed": prompt.seed,
                "framesPerSecond": wish.key_rate,
                "split": prompt.split,
                "asked": {field: name for field, name in prompt.labels.items() if name},
                "seen": {
                    field: labels.name(field, int(seen.classes(field)[index]))
                    for field in labels.fields
                },
                "complete": None if np.isnan(complete) else bool(complete),
                "identity": float(scored.identity[index]),
            }
        )
    return lines
