"""Rain, falling snow and splashes: particles that depend on the scene's seed and the time alone."""

from functools import lru_cache

import numpy as np

# Per picture: number of particles; speeds are picture heights per second.
_DROPS, _DROP_SPEED, _DROP_LENGTH = 70, 1.9, 0.075
_FLAKES, _FLAKE_SPEED = 90, 0.32
_RAIN, _SNOW, _SPRAY = (206, 216, 230), (252, 253, 255), (240, 248, 255)


@lru_cache(maxsize=64)
def _particles(seed: int, count: int) -> np.ndarray:
    """Random numbers float (count, 4) in 0..1, the same for the whole clip."""
    return np.random.default_rng([seed, count]).random((count, 4))


def draw_weather(frame: np.ndarray, weather: str, seed: int, time: float) -> None:
    """Rain or snow over a finished frame uint8 (P, P, 3); nothing in other weathers."""
    if weather == "rain":
        _draw_rain(frame, seed, time)
    elif weather == "snowfall":
        _draw_snow(frame, seed, time)


def _draw_rain(frame: np.ndarray, seed: int, time: float) -> None:
    pixels = len(frame)
    x, y, depth, _ = _particles(seed, _DROPS).T
    speed = _DROP_SPEED * (0.75 + 0.5 * depth)
    steps = max(3, round(_DROP_LENGTH * pixels))
    # Drops fall a little to the left; every drop is a short line of points.
    along = np.arange(steps)[:, None]
    rows = ((y + speed * time) % 1.1 - 0.1)[None] * pixels + along
    columns = ((x - 0.15 * speed * time) % 1)[None] * pixels - 0.15 * along
    strength = np.broadcast_to(0.25 + 0.3 * depth, rows.shape)
    _blend_points(frame, rows, columns, strength, _RAIN)


def _draw_snow(frame: np.ndarray, seed: int, time: float) -> None:
    pixels = len(frame)
    x, y, depth, phase = _particles(seed, _FLAKES).T
    rows = (y + _FLAKE_SPEED * (0.6 + 0.8 * depth) * time) % 1 * pixels
    sway = 0.02 * np.sin(2 * np.pi * (phase + 0.5 * time))
    columns = (x + sway - 0.05 * time) % 1 * pixels
    near = depth > 0.5
    _blend_points(frame, rows, columns, np.full(len(rows), 0.9), _SNOW)
    # Near flakes are two by two pixels at 96.
    for down, right in ((0, 1), (1, 0), (1, 1)):
        size = pixels / 96
        _blend_points(
            frame, rows[near] + down * size, columns[near] + right * size, 0.75 * depth[near], _SNOW
        )


def draw_splash(frame: np.ndarray, x: float, row: float, age: float, seed: int) -> None:
    """Spray where something goes through the surface: pixels of the frame, age 0..1."""
    if not 0 <= age < 1:
        return
    scale = len(frame) / 96
    side, up, size, _ = _particles(seed + 1, 26).T
    columns = x + (side - 0.5) * 26 * scale * (0.4 + age)
    rows = row - (4 * age * (1 - age) * (3 + 11 * up) - 2 * age) * scale
    strength = np.full(len(rows), 0.9 * (1 - age))
    for down, right in ((0, 0), (0, 1), (1, 0)):
        _blend_points(frame, rows + down, columns + right, strength * (0.5 + 0.5 * size), _SPRAY)


def _blend_points(
    frame: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    strength: np.ndarray,
    colour: tuple[int, int, int],
) -> None:
    """Mix single pixels with a colour; points outside of the frame are left out."""
    rows, columns = np.floor(rows).astype(int).ravel(), np.floor(columns).astype(int).ravel()
    inside = (rows >= 0) & (rows < len(frame)) & (columns >= 0) & (columns < len(frame))
    rows, columns = rows[inside], columns[inside]
    share = np.asarray(strength, np.float32).ravel()[inside, None]
    below = frame[rows, columns]
    frame[rows, columns] = below * (1 - share) + np.array(colour, np.float32) * share + 0.5
