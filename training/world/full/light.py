"""The light of places, times of day and weathers on plates and subjects."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from training.world.atlas import load_world
from training.world.full.settings import COLOURS

Rgb = tuple[float, float, float]
_WHITE: Rgb = (1.0, 1.0, 1.0)
_LUMINANCE = np.array((0.299, 0.587, 0.114), np.float32)
# The renderer measures coats with these weights.
_COAT_LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)


class Light(NamedTuple):
    """How a setting changes colours: multipliers, and a colour that is mixed in."""

    # Multipliers of the plate at the top and at the bottom of the picture.
    top: Rgb = _WHITE
    bottom: Rgb = _WHITE
    # Multipliers of subjects; brighter than the plate at night, so that they stay visible.
    subject: Rgb = _WHITE
    # Colour 0..255 mixed into the plate, its share at the top and at the bottom, and on subjects.
    glow: Rgb = (0.0, 0.0, 0.0)
    glow_top: float = 0.0
    glow_bottom: float = 0.0
    glow_subject: float = 0.0
    # How much of the plate's colour is taken away, 0..1.
    greyness: float = 0.0


# Night is twice as bright as a true night would be: darkening alone leaves nothing to see.
TIMES: dict[str, Light] = {
    "day": Light(),
    "dawn": Light(
        (1.0, 0.9, 0.94), (0.98, 0.9, 0.92), (1.0, 0.93, 0.93), (255, 188, 176), 0.42, 0.04
    ),
    "sunset": Light(
        (1.04, 0.8, 0.66), (0.98, 0.78, 0.62), (1.04, 0.86, 0.74), (255, 120, 44), 0.5, 0.04
    ),
    "night": Light((0.2, 0.26, 0.5), (0.42, 0.5, 0.8), (0.8, 0.87, 1.06)),
}
WEATHERS: dict[str, Light] = {
    "clear": Light(),
    "rain": Light(
        (0.72, 0.75, 0.8), (0.8, 0.83, 0.88), (0.86, 0.89, 0.94), (140, 148, 160), 0.3, 0.05,
        greyness=0.35,
    ),
    "snowfall": Light(
        (0.92, 0.94, 0.98), (0.96, 0.97, 1.0), (0.96, 0.98, 1.0), (226, 230, 238), 0.35, 0.12, 0.05,
        greyness=0.25,
    ),
    "fog": Light(_WHITE, _WHITE, _WHITE, (214, 218, 222), 0.86, 0.38, 0.26, greyness=0.3),
}  # fmt: skip
_PLACES: dict[str, Rgb] = {
    "forest": (0.94, 1.0, 0.94),
    "autumn": (1.0, 0.96, 0.9),
    "desert": (1.0, 0.98, 0.92),
    "snow": (0.96, 0.98, 1.0),
    "underwater": (0.84, 0.96, 1.0),
    "savanna": (1.0, 0.97, 0.9),
}
_FOG_AT_NIGHT = 0.45
# The moon's colour, and the share of the picture's height that is sky.
_MOON, _SKY_SHARE = (236, 238, 222), 0.3
# How much of the square around it a disc covers, and its largest diameter of the picture's side.
_DISC_FILL, _DISC_SIDE = 0.55, 0.3


def subject_light(place: str, time: str, weather: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Multiplier float32 (3,), glow colour (3,) and its share for sprites of a setting."""
    day, sky = TIMES[time], WEATHERS[weather]
    tint = np.array(_PLACES.get(place, _WHITE), np.float32)
    tint = tint * np.array(day.subject, np.float32) * np.array(sky.subject, np.float32)
    return tint, _sky_glow(sky, time), sky.glow_subject


def _sky_glow(sky: Light, time: str) -> np.ndarray:
    """Fog and falling snow are lit by the time of day."""
    colour = np.array(sky.glow, np.float32)
    if time == "night":
        return colour * np.array((0.8, 0.9, 1.2), np.float32) * _FOG_AT_NIGHT
    return colour * np.array(TIMES[time].subject, np.float32)


def lit(picture: np.ndarray, share: np.ndarray | float, time: str, weather: str) -> np.ndarray:
    """A plate or its premultiplied foreground, float32 (h, w, 3), in the light of a setting.

    `share` is the alpha 0..1 (h, w, 1), 1.0 for a plate.
    """
    day, sky = TIMES[time], WEATHERS[weather]
    result = _one_light(picture, share, day, np.array(day.glow, np.float32))
    return _one_light(result, share, sky, _sky_glow(sky, time))


def _one_light(
    picture: np.ndarray, share: np.ndarray | float, light: Light, glow: np.ndarray
) -> np.ndarray:
    rows = np.linspace(0, 1, len(picture), dtype=np.float32)[:, None, None]
    factor = (1 - rows) * np.array(light.top, np.float32) + rows * np.array(
        light.bottom, np.float32
    )
    # The glow of the sky ends at the horizon, in the middle of the picture.
    fade = np.clip(rows * 1.7, 0, 1)
    mixed = (1 - fade) * light.glow_top + fade * light.glow_bottom
    grey = (picture @ _LUMINANCE)[..., None]
    coloured = picture * (1 - light.greyness) + grey * light.greyness
    return np.minimum(coloured * factor, 255) * (1 - mixed) + glow * share * mixed


@lru_cache(maxsize=1024)
def lit_plate(
    pixels: int, source: Path, place: str, index: int, time: str, weather: str
) -> tuple[np.ndarray, np.ndarray | None]:
    """A plate uint8 (P, P, 3) and its foreground, premultiplied (P, P, 4), in a setting's light.

    The plates of `night` are lit already.
    """
    plate = load_world(pixels, source).plates[place][index]
    time = "day" if place == "night" else time
    image = plate.image
    if (time, weather) != ("day", "clear"):
        lit_image = lit(image.astype(np.float32), 1.0, time, weather)
        if time == "night":
            lit_image = _with_moon(lit_image, image, WEATHERS[weather].glow_top)
        image = (lit_image + 0.5).astype(np.uint8)
    if plate.front is None:
        return image, None
    front = plate.front.astype(np.float32)
    alpha = front[..., 3:]
    colour = np.minimum(lit(front[..., :3], alpha / 255, time, weather), alpha)
    return image, np.concatenate((colour, alpha), -1)


def _with_moon(lit_image: np.ndarray, day: np.ndarray, hidden: float) -> np.ndarray:
    """At night the plate's sun is a moon; `hidden` is the share that the weather covers."""
    red, green, blue = (day[..., i].astype(int) for i in range(3))
    bright = (red > 235) & (green > 195) & (blue < 190) & (red - blue > 60)
    # The sun stands in the sky; what is yellow below it (sand, leaves) stays as it is.
    bright[int(_SKY_SHARE * len(day)) :] = False
    if not _is_disc(bright):
        return lit_image
    share = bright[..., None].astype(np.float32) * (1 - hidden)
    return lit_image * (1 - share) + np.array(_MOON, np.float32) * share


def _is_disc(bright: np.ndarray) -> bool:
    """True when bright pixels bool (P, P) are one small round thing, not leaves or a sky."""
    if not bright.any():
        return False
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    fills = bright.sum() > _DISC_FILL * height * width
    return bool(fills and max(height, width) < _DISC_SIDE * len(bright))


def recoloured(rgba: np.ndarray, coat: np.ndarray, colour: str, luminance: float) -> np.ndarray:
    """A premultiplied sprite float32 (h, w, 4) with its coat in another colour.

    New colour = target * luminance of the pixel / luminance of the coat as rendered; `coat` is
    the share of the pixel that is coat, uint8 (h, w), never above alpha.
    """
    ratio = (rgba[..., :3] @ _COAT_LUMINANCE)[..., None] / (255 * max(luminance, 0.04))
    target = np.array(COLOURS[colour].rgb, np.float32) * np.minimum(ratio, 1.5)
    target = np.minimum(target, rgba[..., 3:])
    share = np.minimum(coat[..., None] / np.maximum(rgba[..., 3:], 1), 1)
    changed = rgba.copy()
    changed[..., :3] = rgba[..., :3] * (1 - share) + target * share
    return changed
