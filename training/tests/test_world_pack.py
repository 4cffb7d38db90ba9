"""A packed world is the rendered one, to the pixel."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.world.atlas import load_world
from training.world.pack import write_pack
from training.world.paths import render_folder
from training.world.render_files import RenderFiles
from training.world.synthetic import write_synthetic_render


@pytest.fixture(scope="module")
def render(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "render"
    write_synthetic_render(folder)
    # A soft edge over colours that nobody sees: the renderer's sprites have both.
    lion = RenderFiles(folder).json("atlas.json")["subjects"]["lion"]
    file = folder / lion["clips"]["idle"]["file"]
    pixels = np.array(Image.open(file))
    pixels[..., 3] = np.where(np.arange(pixels.shape[1]) % 7, pixels[..., 3], pixels[..., 3] // 3)
    pixels[pixels[..., 3] == 0, :3] = 90
    Image.fromarray(pixels).save(file)
    return folder


def test_a_pack_loads_as_its_folder_does_and_is_smaller(render: Path) -> None:
    pack = render.with_suffix(".pack")
    size = write_pack(render, pack)
    assert size < sum(file.stat().st_size for file in render.rglob("*") if file.is_file())
    folder, packed = load_world(48, render), load_world(48, pack)
    assert folder.clips.keys() == packed.clips.keys()
    for subject, clips in folder.clips.items():
        for name, clip in clips.items():
            other = packed.clips[subject][name]
            for key, row in clip.poses.items():
                for sprite, same in zip(row, other.poses[key], strict=True):
                    assert (sprite.left, sprite.top) == (same.left, same.top)
                    assert np.array_equal(sprite.rgba, same.rgba)
    for place, plates in folder.plates.items():
        for plate, same in zip(plates, packed.plates[place], strict=True):
            assert np.array_equal(plate.image, same.image) and plate.foot_row == same.foot_row


def test_the_same_world_makes_the_same_pack(render: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_pack(render, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_pack_stands_in_for_a_missing_folder(
    render: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path))
    assert render_folder() == tmp_path / "render"
    write_pack(render, tmp_path / "render.pack")
    assert render_folder() == tmp_path / "render.pack"
    (tmp_path / "render").mkdir()
    assert render_folder() == tmp_path / "render"


def test_what_is_no_world_is_refused(render: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"atlas\.json"):
        write_pack(tmp_path, tmp_path / "out.pack")
    assert not (tmp_path / "out.pack").exists()
    (tmp_path / "broken.pack").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="no packed world"):
        load_world(48, tmp_path / "broken.pack")
