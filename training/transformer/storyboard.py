"""The storyboard of a clip: the stage of its action that each of its five frames shows, and where.

The transformer is told it by the id that opens a frame, in the place of BOI: one id for every stage
of the world's actions, behind the null hint; with `columns` one for every stage and spot
(training.world.spots). Who jumps was never seen jumping, perhaps; that the last frame shows
somebody standing says the storyboard, and standing is known of everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from training.transformer.config import FRAMES, Kind, TransformerConfig
from training.transformer.token_data import WITHOUT_ACTION, Window, draw_window, moments_of
from training.transformer.tokens import TokenSet
from training.world.atlas import World
from training.world.composite import medley_poses
from training.world.scene import Scene
from training.world.spots import spot_of
from training.world.visible_stages import stages_at, stages_of, told_classes

WITHOUT = 0.15
"""Share of the training clips that have a prompt and no storyboard."""
ALONE = 0.65
"""Share of the training clips without a prompt that have a storyboard: it is all that tells the
poses then, so they are learnt from it rather than by heart from who does what."""
WITHOUT_SPOTS = 0.15
"""Share of the training clips with a storyboard that does not tell where the body is."""
_SPEEDS = (0.5, 1.0, 1.0, 2.0)  # of a moved storyboard, relative to the clip's
_TRIES = 8  # moved storyboards drawn until one differs
_LEAST_MOVE = 2  # columns


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


def opening_ids(
    config: TransformerConfig, classes: ArrayLike, world: str, spots: ArrayLike | None = None
) -> np.ndarray:
    """int64 [...] flat ids that open frames of the stages `classes` [...] in `stages_of` a world:
    the same one for stages that look alike. They tell the spots [...] too, if any are given.
    ValueError if the model is told fewer: of a model without rows, spots that have them."""
    told = np.array(told_classes(world), np.int64)[np.asarray(classes)]
    spot = np.asarray(config.spots - 1 if spots is None else spots)
    if spot.size and spot.max() >= config.spots:
        raise ValueError(
            f"spot {spot.max()} is none of the {config.spots} that the model is told: "
            f"{config.columns} columns, {config.rows} rows"
        )
    return config.first_stage_id + config.spots * told + spot


def with_spots_of(config: TransformerConfig, ids: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The ids [...] of stages, each with the spot that the one of `others` [...] tells."""
    stages = (ids - config.first_stage_id) // config.spots
    spots = (others - config.first_stage_id) % config.spots
    return config.first_stage_id + config.spots * stages + spots


def without_spots(config: TransformerConfig, ids: np.ndarray) -> np.ndarray:
    """The ids [...] of stages, telling no spots."""
    return with_spots_of(config, ids, np.full_like(ids, config.first_stage_id + config.spots - 1))


def no_storyboard(config: TransformerConfig) -> np.ndarray:
    """int64 [5]: every frame opens with BOI."""
    return np.full(FRAMES, config.boi_id, np.int64)


@dataclass(frozen=True)
class Storyboards:
    """The storyboards of the clips of a token set."""

    times: np.ndarray  # float64 [N, 5] seconds
    shown: np.ndarray  # int64 [N, 5] stage of every frame, as `classes_at`
    kept: np.ndarray  # bool [N]: always told, since without it the frames could show anything
    spots: np.ndarray | None = None  # int64 [N, 5] of the body in every frame; None: not told

    @staticmethod
    def of_split(
        kind: Kind, split: str, clips: TokenSet, subset: str, world: World | None = None
    ) -> Storyboards:
        """Those of a split's first N clips, which tell spots if the world is given that they are
        rendered from; ValueError as `frame_times`."""
        windows = list(_windows(kind, split, clips, subset))
        moments = [moments_of(kind, split, index, w) for index, w in enumerate(windows)]
        shown = [[classes_at(m.scene, [m.time])[0] for m in row] for row in moments]
        spots = None
        if world is not None:
            spots = [
                [
                    spot_of(pose, world.clips[scene.subject])
                    for pose in medley_poses(scene, times, row, world)
                ]
                for (scene, times, _), row in zip(windows, moments, strict=True)
            ]
        return Storyboards(
            np.array([times for _, times, _ in windows], np.float64),
            np.array(shown, np.int64),
            np.full(len(windows), split in WITHOUT_ACTION),
            None if spots is None else np.array(spots, np.int64),
        )

    @staticmethod
    def joined(parts: Sequence[Storyboards]) -> Storyboards:
        """All clips of several sets, in order; all or none tell spots."""
        spots = [part.spots for part in parts if part.spots is not None]
        return Storyboards(
            np.concatenate([part.times for part in parts]),
            np.concatenate([part.shown for part in parts]),
            np.concatenate([part.kept for part in parts]),
            np.concatenate(spots) if spots else None,
        )

    def own(self, config: TransformerConfig, clip: int, scene: Scene) -> np.ndarray:
        """int64 [5]: ids that open the frames of the clip, which is of `scene`."""
        return self._told(config, clip, self.shown[clip], scene)

    def of(self, config: TransformerConfig, clip: int, scene: Scene) -> np.ndarray:
        """int64 [5]: ids that would open the clip's frames if it showed `scene` at its times, where
        the clip's body is."""
        return self._told(config, clip, classes_at(scene, self.times[clip].tolist()), scene)

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
            ids = self._told(config, clip, classes_at(scene, moved.tolist()), scene)
            if not np.array_equal(ids, own):
                return ids
        return None

    def elsewhere(
        self, config: TransformerConfig, clip: int, scene: Scene, rng: np.random.Generator
    ) -> np.ndarray | None:
        """As `own`, but with the body somewhere else, or facing another way: int64 [5]. Half of the
        time it is moved as a whole, to the side or up or down, else it is where another clip has
        its body. None where no spots are told."""
        if self.spots is None:
            return None
        own = self.spots[clip]
        for _ in range(_TRIES):
            if rng.random() < 0.5:
                spots = _moved(config, own, rng)
            else:
                spots = self.spots[rng.integers(len(self.spots))]
            if not np.array_equal(spots, own):
                return opening_ids(config, self.shown[clip], scene.world, spots)
        return None

    def drawn(
        self, config: TransformerConfig, clip: int, scene: Scene, rng: np.random.Generator,
        has_prompt: bool,
    ) -> np.ndarray:  # fmt: skip
        """As `own`, or, at random, none, or no spots: `WITHOUT`, `ALONE` and `WITHOUT_SPOTS` say
        how often."""
        own = self.own(config, clip, scene)
        if self.kept[clip]:
            return own
        if rng.random() >= (1 - WITHOUT if has_prompt else ALONE):
            return no_storyboard(config)
        return without_spots(config, own) if rng.random() < WITHOUT_SPOTS else own

    def _told(
        self, config: TransformerConfig, clip: int, classes: ArrayLike, scene: Scene
    ) -> np.ndarray:
        spots = None if self.spots is None else self.spots[clip]
        return opening_ids(config, classes, scene.world, spots)


def _moved(config: TransformerConfig, spots: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The spots [5] all so many columns further, or as often, if they tell rows, so many rows."""
    rows = max(config.rows, 1)
    beside, row = spots // rows, spots % rows
    facing, column = beside // config.columns, beside % config.columns
    places = config.rows if config.rows and rng.random() < 0.5 else 0
    by = rng.integers(_LEAST_MOVE, (places or config.columns) // 2) * rng.choice((-1, 1))
    if places:
        row = (row + by).clip(0, rows - 1)
    else:
        column = (column + by).clip(0, config.columns - 1)
    return (facing * config.columns + column) * rows + row
