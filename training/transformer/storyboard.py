"""The storyboard of a clip: the stage of its action that each of its five frames shows.

The transformer is told it by the id that opens a frame, in the place of BOI: one id for every stage
of the world's actions, behind the null hint. Who jumps was never seen jumping, perhaps; that the
last frame shows somebody standing says the storyboard, and standing is known of everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from training.transformer.config import FRAMES, Kind, TransformerConfig
from training.transformer.token_data import WITHOUT_ACTION, Window, draw_window, moments_of
from training.transformer.tokens import TokenSet
from training.world.scene import Scene
from training.world.visible_stages import stages_at, stages_of, told_classes

WITHOUT = 0.15
"""Share of the training clips that have a prompt and no storyboard."""
ALONE = 0.65
"""Share of the training clips without a prompt that have a storyboard: it is all that tells the
poses then, so they are learnt from it rather than by heart from who does what."""
_SPEEDS = (0.5, 1.0, 1.0, 2.0)  # of a moved storyboard, relative to the clip's
_TRIES = 8  # moved storyboards drawn until one differs


def frame_times(kind: Kind, split: str, clips: TokenSet, subset: str) -> np.ndarray:
    """float64 [N, 5]: the times in seconds of the frames of a split's first N clips.

    A token set does not keep them; clip i of a split is drawn anew from i. ValueError if the clips
    are not those of the split in order.
    """
    return np.array([times for _, times, _ in _windows(kind, split, clips, subset)], np.float64)


def _windows(kind: Kind, split: str, clips: TokenSet, subset: str) -> Iterator[Window]:
    for index, scene in enumerate(clips.scenes):
        window = draw_window(kind, split, index, subset)
        if window[0] != scene:
            raise ValueError(
                f"clip {index} of the {split} set is not the one that is drawn today: build the "
                "token set again with training.transformer.token_data"
            )
        yield window


def classes_at(scene: Scene, times: Sequence[float]) -> list[int]:
    """Index in `stages_of` the world of the stage that the scene shows at each time in seconds."""
    names = stages_of(scene.world)
    return [names.index(name) for name in stages_at(scene, times)]


def opening_ids(config: TransformerConfig, classes: ArrayLike, world: str) -> np.ndarray:
    """int64 [...] flat ids that open frames of the stages `classes` [...] in `stages_of` a world:
    the same one for stages that look alike."""
    return config.first_stage_id + np.array(told_classes(world), np.int64)[np.asarray(classes)]


def no_storyboard(config: TransformerConfig) -> np.ndarray:
    """int64 [5]: every frame opens with BOI."""
    return np.full(FRAMES, config.boi_id, np.int64)


@dataclass(frozen=True)
class Storyboards:
    """The storyboards of the clips of a token set."""

    times: np.ndarray  # float64 [N, 5] seconds
    shown: np.ndarray  # int64 [N, 5] stage of every frame, as `classes_at`
    kept: np.ndarray  # bool [N]: always told, since without it the frames could show anything

    @staticmethod
    def of_split(kind: Kind, split: str, clips: TokenSet, subset: str) -> Storyboards:
        """Those of a split's first N clips; ValueError as `frame_times`."""
        windows = list(_windows(kind, split, clips, subset))
        shown = [
            [classes_at(m.scene, [m.time])[0] for m in moments_of(kind, split, index, window)]
            for index, window in enumerate(windows)
        ]
        return Storyboards(
            np.array([times for _, times, _ in windows], np.float64),
            np.array(shown, np.int64),
            np.full(len(windows), split in WITHOUT_ACTION),
        )

    @staticmethod
    def joined(parts: Sequence[Storyboards]) -> Storyboards:
        """All clips of several sets, in order."""
        return Storyboards(
            np.concatenate([part.times for part in parts]),
            np.concatenate([part.shown for part in parts]),
            np.concatenate([part.kept for part in parts]),
        )

    def own(self, config: TransformerConfig, clip: int, scene: Scene) -> np.ndarray:
        """int64 [5]: ids that open the frames of the clip, which is of `scene`."""
        return opening_ids(config, self.shown[clip], scene.world)

    def of(self, config: TransformerConfig, clip: int, scene: Scene) -> np.ndarray:
        """int64 [5]: ids that would open the clip's frames if it showed `scene` at its times."""
        return opening_ids(config, classes_at(scene, self.times[clip].tolist()), scene.world)

    def moved(
        self, config: TransformerConfig, clip: int, scene: Scene, rng: np.random.Generator
    ) -> np.ndarray | None:
        """As `of` for the clip's own action sooner, later, faster or slower, int64 [5]; None if
        that was never another storyboard, as for actions of one stage."""
        own, times = self.own(config, clip, scene), self.times[clip]
        middle, spacing = times[2], times[1] - times[0]
        for _ in range(_TRIES):
            later = rng.uniform(-2, 2) * spacing
            moved = middle + (times - middle) * rng.choice(_SPEEDS) + later
            ids = opening_ids(config, classes_at(scene, moved.tolist()), scene.world)
            if not np.array_equal(ids, own):
                return ids
        return None

    def drawn(
        self, config: TransformerConfig, clip: int, scene: Scene, rng: np.random.Generator,
        has_prompt: bool,
    ) -> np.ndarray:  # fmt: skip
        """As `own`, or, at random, none: `WITHOUT` and `ALONE` say how often."""
        share = 1 - WITHOUT if has_prompt else ALONE
        if not self.kept[clip] and rng.random() >= share:
            return no_storyboard(config)
        return self.own(config, clip, scene)
