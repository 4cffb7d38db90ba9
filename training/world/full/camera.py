"""Camera moves: a window that moves over a picture larger than the frame."""

import numpy as np
from PIL import Image

from training.world.scene_graph import CLIP_SECONDS

# The larger picture's side; a zoom shows all of it at its wide end.
MARGIN = 1.25
# Where the window's spare rows are: feet stand low, so most is cut off above.
_ABOVE = 0.8
_PAN_MARGIN = 0.15


def stage_pixels(pixels: int, camera: str) -> int:
    """Side of the picture that the scene is drawn in, for frames of `pixels`."""
    return pixels if camera == "still" else round(pixels * MARGIN)


def window(camera: str, time: float, pixels: int) -> tuple[float, float, float]:
    """Left, top and side of what the camera sees, in pixels of the larger picture."""
    done = min(1.0, max(0.0, time / CLIP_SECONDS))
    wide = stage_pixels(pixels, camera)
    spare = wide - pixels
    if camera in ("pan_left", "pan_right"):
        # Not from edge to edge, so that wide subjects in the middle stay whole.
        share = _PAN_MARGIN + (1 - 2 * _PAN_MARGIN) * done
        left = round(spare * (share if camera == "pan_right" else 1 - share))
        return left, round(spare * _ABOVE), pixels
    if camera in ("zoom_in", "zoom_out"):
        side = wide - spare * (done if camera == "zoom_in" else 1 - done)
        return (wide - side) / 2, (wide - side) * _ABOVE, side
    return 0, 0, pixels


def film(
    frame: np.ndarray, mask: np.ndarray, camera: str, time: float, pixels: int
) -> tuple[np.ndarray, np.ndarray]:
    """What the camera sees of a frame uint8 (W, W, 3) and mask bool (W, W): side `pixels`."""
    left, top, side = window(camera, time, pixels)
    if side == pixels and float(left).is_integer() and float(top).is_integer():
        view = np.s_[int(top) : int(top) + pixels, int(left) : int(left) + pixels]
        return frame[view], mask[view]
    box = (left, top, left + side, top + side)
    size = (pixels, pixels)
    seen = Image.fromarray(frame).resize(size, Image.Resampling.HAMMING, box=box)
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    covered = np.asarray(grey.resize(size, Image.Resampling.BOX, box=box)) > 127
    return np.asarray(seen), covered
