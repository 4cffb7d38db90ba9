"""Training rows, batches, resuming, and starting one stage from another."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.common.checkpoint import load_checkpoint
from training.common.distributed import Process
from training.transformer.batches import Batches
from training.transformer.checkpoints import initialise_from, load_transformer
from training.transformer.config import TransformerConfig, Window
from training.transformer.fused import Attend, CrossEntropy, ReluSquared, ScaledRms
from training.transformer.model import Transformer
from training.transformer.sequence import hints_of, loss_weights, text_row, trim_text
from training.transformer.tokens import TokenSet, join
from training.transformer.train import Options, Run, learning_rate
from training.transformer.validation import Validation
from training.world.scene import Scene, sample_scene

CONFIG = TransformerConfig(
    stage="keyframes", grid=4, codes=24, vocabulary=154, boi_id=152, null_hint_id=153, pad_id=24,
    text_slots=12, layers=2, hidden=32, heads=2, ffn=64, hints=1, copy_gate=True,
    windows=(Window(2, 2), Window(2, 2, shift=1)),
)  # fmt: skip
ALONE = Process(0, 1, torch.device("cpu"))


class Letters:
    """ASCII letters as pieces; 0 is padding, 1 the line break."""

    line_break_id = 1

    def encode(self, text: str) -> list[int]:
        return [2 + ord(c) % 126 for c in text]


def subject_name(scene: Scene, rng: np.random.Generator) -> str:
    return scene.subject + "s" * int(rng.integers(2))


def token_set(count: int) -> TokenSet:
    """Clips that repeat a random frame with a few changes: there is much to learn."""
    rng = np.random.default_rng(5)
    frames = rng.integers(0, CONFIG.codes, (count, 1, CONFIG.cells))
    changed = rng.random((count, 5, CONFIG.cells)) < 0.1
    tokens = np.where(changed, rng.integers(0, CONFIG.codes, changed.shape), frames)
    scenes = [sample_scene(rng) for _ in range(count)]
    return TokenSet(tokens.astype(np.uint16), scenes, ["4.0"] * count)


def make_run(options: Options) -> Run:
    config = CONFIG.for_stage(options.stage)
    batches = Batches(config, token_set(32), Letters(), subject_name, options.batch)
    return Run(ALONE, options, batches, Validation(batches))


OPTIONS = Options(
    preset="micro", stage="keyframes", steps=12, batch=4, validate_every=1e9, save_every=1e9,
    validation_clips=4, average_decay=0.9,
)  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path))
    return tmp_path / "micro" / "keyframes"


def test_text_row_cuts_and_pads() -> None:
    row = text_row(CONFIG, [5, 6], 1, [7])
    assert row.tolist() == [29, 30, 25, 31] + [24] * 8
    assert text_row(CONFIG, [5], 1, list(range(50)))[-1] == 24 + 9
    assert trim_text(CONFIG, np.stack([row, text_row(CONFIG, [5], 1, [])])).shape == (2, 4)


def test_hints_are_the_tokens_of_neighbouring_frames() -> None:
    tokens = np.arange(5)[None, :, None] * 4 + np.arange(4)[None, None] % 4
    key = hints_of(replace(CONFIG, grid=2), tokens)
    assert (key[0, 0] == CONFIG.null_hint_id).all() and (key[..., 1] == CONFIG.null_hint_id).all()
    assert (key[0, 1:, :, 0] == tokens[0, :4]).all()
    between = hints_of(replace(CONFIG, grid=2).for_stage("interpolation"), tokens)
    assert (between[0, [0, 2, 4]] == CONFIG.null_hint_id).all()
    assert (between[0, 3, :, 0] == tokens[0, 2]).all()
    assert (between[0, 3, :, 1] == tokens[0, 4]).all()


def test_changed_tokens_weigh_more() -> None:
    tokens = np.zeros((1, 5, 2), int)
    tokens[0, 2, 1] = 9
    key = loss_weights(tokens, "keyframes", changed=2, first_frame=0.5)[0]
    assert key.tolist() == [[0.5, 0.5], [1, 1], [1, 2], [1, 2], [1, 1]]
    assert loss_weights(tokens, "interpolation", changed=2)[0].tolist() == [[1, 2], [1, 2]]


def test_token_sets_survive_the_file(tmp_path: Path) -> None:
    first = token_set(3)
    first.save(tmp_path / "set.npz")
    both = join([TokenSet.load(tmp_path / "set.npz"), first])
    assert (both.tokens[3:] == first.tokens).all() and both.tokens.dtype == np.uint16
    assert both.scenes[:3] == first.scenes and both.durations == ["4.0"] * 6


def test_every_clip_comes_once_an_epoch_over_all_processes() -> None:
    batches = Batches(CONFIG, token_set(32), Letters(), subject_name, size=4)
    seen = [
        tuple(row)
        for step in range(4)
        for rank in range(2)
        for row in batches.training(step, rank, 2).tokens.flatten(1).tolist()
    ]
    assert len(set(seen)) == 32
    again = batches.training(2, 1, 2)
    assert torch.equal(again.text, batches.training(2, 1, 2).text)


def test_every_other_clip_shows_a_favoured_action() -> None:
    clips = token_set(32)
    actions = sorted({scene.action for scene in clips.scenes})[:2]
    batches = Batches(CONFIG, clips, Letters(), subject_name, size=4, favoured=tuple(actions))
    own = [i for i, scene in enumerate(clips.scenes) if scene.action in actions]
    found = [batches._clip_at(position) for position in range(64)]
    assert sorted(found[::2]) == list(range(32)), "all come once an epoch all the same"
    for epoch in range(32 // len(own)):
        assert sorted(found[1::2][epoch * len(own) : (epoch + 1) * len(own)]) == own
    plain = replace(batches, favoured=(), _orders={})
    assert found[::2] == [plain._clip_at(position) for position in range(32)]
    with pytest.raises(ValueError, match="shows any of the actions fly"):
        replace(batches, favoured=("fly",), _orders={})._clip_at(1)


def test_caption_dropout_leaves_only_the_duration() -> None:
    batches = Batches(CONFIG, token_set(32), Letters(), subject_name, 4, caption_dropout=1.0)
    text = batches.training(0, 0, 1).text
    assert text.shape == (4, 4)  # "4.0" and the line break
    assert (text == text[0]).all()


def test_training_learns_and_writes_a_loadable_model(folder: Path) -> None:
    run = make_run(replace(OPTIONS, steps=60))
    before = run.validation.per_frame(run.model, 16, ALONE).mean()
    run.train()
    model = load_transformer(folder / "final.pt")
    after = run.validation.per_frame(model, 16, ALONE).mean()
    assert after < before - 0.5
    assert load_checkpoint(folder / "final.pt").extra["validation"] < before


def test_an_interrupted_run_ends_with_the_same_weights(folder: Path) -> None:
    whole = make_run(OPTIONS)
    whole.train()
    expected = load_checkpoint(folder / "checkpoint.pt")
    (folder / "checkpoint.pt").unlink()

    first = make_run(OPTIONS)
    for _ in range(5):
        first._step(first._share())
    first._save(folder / "checkpoint.pt")
    second = make_run(OPTIONS)
    assert second.budget.step == 5
    second.train()
    resumed = load_checkpoint(folder / "checkpoint.pt")
    for name, weights in expected.model.items():
        assert torch.equal(weights, resumed.model[name]), name
        assert torch.equal(expected.extra["average"][name], resumed.extra["average"][name]), name


def test_a_checkpoint_of_other_sizes_is_refused(folder: Path) -> None:
    make_run(OPTIONS)._save(folder / "checkpoint.pt")
    batches = Batches(replace(CONFIG, layers=1), token_set(8), Letters(), subject_name, 4)
    with pytest.raises(ValueError, match="move it away"):
        Run(ALONE, OPTIONS, batches, Validation(batches))


def test_interpolation_starts_from_key_frames(folder: Path) -> None:
    run = make_run(OPTIONS)
    run._finish()
    model = Transformer(CONFIG.for_stage("interpolation"))
    initialise_from(model, folder / "final.pt")
    source = load_transformer(folder / "final.pt")
    total = model.hints[0].weight + model.hints[1].weight
    torch.testing.assert_close(total, source.hints[0].weight)
    torch.testing.assert_close(model.layers[1].mlp_in.weight, source.layers[1].mlp_in.weight)


def test_frozen_base_trains_only_the_new_parts(folder: Path) -> None:
    make_run(OPTIONS)._finish()
    start = load_transformer(folder / "final.pt")
    run = make_run(replace(OPTIONS, init=folder / "final.pt", freeze_base=True))
    for _ in range(3):
        run._step(0.0)
    frozen, new = start.layers[0].spatial.qkv.weight, start.layers[0].spatial.qkv.weight
    assert torch.equal(run.model.layers[0].spatial.qkv.weight, frozen)
    assert torch.equal(run.model.word.weight, start.word.weight)
    assert not torch.equal(run.model.layers[0].temporal.qkv.weight, new)
    assert not torch.equal(run.model.layers[0].mix, start.layers[0].mix)


def test_base_only_training_leaves_the_temporal_channel_alone() -> None:
    run = make_run(replace(OPTIONS, base_only=True))
    before = run.model.layers[0].temporal.qkv.weight.clone()
    run._step(0.0)
    assert torch.equal(run.model.layers[0].temporal.qkv.weight, before)


def test_learning_rate_warms_up_and_ends_at_three_percent() -> None:
    assert learning_rate(0, 0.0) == pytest.approx(0.01)
    assert learning_rate(500, 0.0) == 1.0
    assert learning_rate(500, 1.0) == pytest.approx(0.03)


@pytest.mark.parametrize("rows", [3, 300])
def test_hand_written_gradients_equal_autograd(rows: int) -> None:
    torch.manual_seed(2)

    def check(fused, plain, *inputs: torch.Tensor) -> None:
        leaves = [x.clone().requires_grad_() for x in inputs]
        twins = [x.clone().requires_grad_() for x in inputs]
        out, expected = fused(*leaves), plain(*twins)
        torch.testing.assert_close(out, expected)
        weights = torch.randn_like(out)
        (out * weights).sum().backward()
        (expected * weights).sum().backward()
        for leaf, twin in zip(leaves, twins, strict=True):
            torch.testing.assert_close(leaf.grad, twin.grad)

    targets = torch.randint(0, 11, (rows,))
    check(
        lambda z: CrossEntropy.apply(z, targets),
        lambda z: torch.nn.functional.cross_entropy(z, targets, reduction="none"),
        torch.randn(rows, 11),
    )
    check(ReluSquared.apply, lambda x: torch.relu(x) ** 2, torch.randn(rows, 4))
    check(
        lambda x, w: ScaledRms.apply(x, w, 1e-5, torch.float32),
        lambda x, w: torch.nn.functional.rms_norm(x, (6,), w, 1e-5),
        torch.randn(2, rows, 6),
        torch.randn(6),
    )
    bias = torch.zeros(4, 7).masked_fill(torch.rand(4, 7) < 0.3, -10000.0)
    check(
        lambda q, k, v: Attend.apply(q, k, v, bias),
        lambda q, k, v: torch.softmax(q @ k.mT / 8**0.5 + bias, -1) @ v,
        *(torch.randn(rows, n, 8) for n in (4, 7, 7)),
    )
