"""A scene: everything that decides a clip."""

from dataclasses import dataclass

from training.world.catalog import MOVING_ACTIONS

# Length of a clip in seconds and the rate of its frames; the first and last frame both count.
CLIP_SECONDS = 4.0
MASTER_RATE = 8


@dataclass(frozen=True)
class Scene:
    """One clip to draw; frames, stages and captions follow from it alone."""

    subject: str
    action: str
    place: str
    layout: int
    # "left", "right" or "toward"; a drinker faces the water of its plate instead.
    direction: str
    # One of SPEEDS.
    speed: float
    # Decides the start position and small differences of timing.
    seed: int
    # Subset of the world that the scene is of: it decides words, time lines and drawing.
    world: str = "cpu"
    # Stated coat colour; None = as rendered.
    colour: str | None = None
    # One of the subset's times of day, weathers and camera moves.
    time: str = "day"
    weather: str = "clear"
    camera: str = "still"
    # The second subject of a chase, a meeting and so on, and the thing that is kicked or thrown.
    other: str | None = None
    prop: str | None = None

    @property
    def moves(self) -> bool:
        """True when the subject crosses the picture, so that a caption may name a direction."""
        return self.action in MOVING_ACTIONS
