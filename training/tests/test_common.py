"""Optimizer, processes, budget and checkpoints of the trainers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from training.common.budget import Budget, cosine_decay, linear_decay
from training.common.checkpoint import (
    load_checkpoint,
    resume_from,
    save_checkpoint,
    take_checkpoint,
)
from training.common.distributed import Process, average_gradients, launch, same_everywhere
from training.common.muon import make_optimizer, orthogonalize, scale_learning_rate
from training.common.progress import format_seconds


@pytest.mark.parametrize("shape", [(12, 40), (40, 12), (16, 16), (24, 400), (400, 24)])
def test_orthogonalized_matrices_have_singular_values_near_one(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    found = orthogonalize(matrix).float()
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.3 and values.max() < 1.35
    cosine = (found * (left @ right)).sum() / (found.norm() * (left @ right).norm())
    assert cosine > 0.97


def test_a_badly_conditioned_kernel_stays_bounded() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(32, 4) @ torch.randn(4, 300) + 1e-6 * torch.randn(32, 300)
    assert torch.linalg.svdvals(orthogonalize(matrix).float()).max() < 1.35


def _network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 4 * 4, 5))


def _loss(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    return (network(inputs) - inputs.mean((1, 2, 3))[:, None]).square().mean()


def test_biases_are_stepped_as_torch_adam_does() -> None:
    ours, theirs = nn.Linear(4, 3), nn.Linear(4, 3)
    theirs.load_state_dict(ours.state_dict())
    optimizer = make_optimizer(ours, 0.01, 0.02, use_muon=lambda _n, _p: False)
    reference = torch.optim.Adam(theirs.parameters(), 0.02, betas=(0.9, 0.95))
    for _ in range(5):
        inputs = torch.randn(6, 4)
        for model, stepper in ((ours, optimizer), (theirs, reference)):
            stepper.zero_grad()
            model(inputs).square().mean().backward()
            stepper.step()
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-6)
    assert torch.allclose(ours.bias, theirs.bias, atol=1e-6)


def test_update_size_of_a_kernel_does_not_depend_on_its_gradient() -> None:
    network = nn.Conv2d(8, 16, 3)
    before = network.weight.detach().clone()
    optimizer = make_optimizer(network, 0.1, 0.1)
    (network(torch.randn(2, 8, 5, 5)).square().mean() * 1e-4).backward()
    optimizer.step()
    update = (network.weight.detach() - before).square().mean().sqrt()
    assert 0.1 * 0.2 * 0.6 < update < 0.1 * 0.2 * 1.3


def test_training_lowers_the_loss_and_the_rate_can_be_scaled() -> None:
    network = _network()
    optimizer = make_optimizer(network, 0.02, 0.02)
    inputs = torch.randn(16, 3, 6, 6)
    first = _loss(network, inputs).item()
    for step in range(30):
        scale_learning_rate(optimizer, 1 - step / 30)
        optimizer.zero_grad()
        _loss(network, inputs).backward()
        optimizer.step()
    assert _loss(network, inputs).item() < 0.2 * first
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.02 / 30)


def _average_in_two_processes(process: Process, folder: str) -> None:
    network = _network()
    if process.rank == 1:
        nn.init.zeros_(network[0].weight)  # must be overwritten by the first process's weights
    same_everywhere(network)
    torch.manual_seed(5)
    half = torch.randn(8, 3, 6, 6).chunk(2)[process.rank]
    _loss(network, half).backward()
    average_gradients(network.parameters())
    torch.save([p.grad for p in network.parameters()], Path(folder, f"{process.rank}.pt"))


def test_two_processes_average_to_the_gradient_of_one_with_both_halves(tmp_path: Path) -> None:
    launch(_average_in_two_processes, 2, (str(tmp_path),))
    network = _network()
    torch.manual_seed(5)
    _loss(network, torch.randn(8, 3, 6, 6)).backward()
    for rank in range(2):
        averaged = torch.load(tmp_path / f"{rank}.pt")
        for parameter, gradient in zip(network.parameters(), averaged, strict=True):
            assert torch.allclose(parameter.grad, gradient, atol=1e-6)


def _go_on_for_ever(process: Process, folder: str) -> None:
    Path(folder, f"{process.rank}.pid").write_text(str(os.getpid()))
    while True:
        average_gradients([])
        time.sleep(0.1)


def _is_running(pid: str) -> bool:
    """False also for a process that has ended and was not waited for."""
    state = Path("/proc", pid, "stat")
    return state.exists() and state.read_text().rsplit(")")[1].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_terminated_run_takes_its_processes_with_it(tmp_path: Path) -> None:
    code = (
        "from training.common.distributed import launch\n"
        "from training.tests.test_common import _go_on_for_ever\n"
        f"launch(_go_on_for_ever, 2, ({str(tmp_path)!r},))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    files = [tmp_path / f"{rank}.pid" for rank in range(2)]
    _wait(lambda: all(file.exists() and file.read_text() for file in files))
    pids = [file.read_text() for file in files]
    assert all(_is_running(pid) for pid in pids)
    parent.terminate()
    assert parent.wait(timeout=120) == 128 + signal.SIGTERM
    _wait(lambda: not any(_is_running(pid) for pid in pids))


def _wait(done: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not done after {seconds} s"
        time.sleep(0.2)


def _train(network: nn.Module, optimizer, budget: Budget, rng, steps: int) -> None:
    for _ in range(steps):
        inputs = torch.randn(4, 3, 6, 6) + float(rng.normal())
        optimizer.zero_grad()
        _loss(network, inputs).backward()
        optimizer.step()
        budget.step += 1


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    def start() -> tuple:
        network = _network()
        torch.manual_seed(2)
        optimizer = make_optimizer(network, 0.01, 0.01)
        return network, optimizer, Budget(steps=10), np.random.default_rng(3)

    whole = start()
    _train(*whole, 10)
    first = start()
    _train(*first, 4)
    network, optimizer, budget, rng = first
    path = tmp_path / "run" / "checkpoint.pt"
    save_checkpoint(path, take_checkpoint(network, optimizer, budget, rng, {"width": 8}))
    torch.manual_seed(99)
    second = start()
    loaded = load_checkpoint(path)
    resume_from(loaded, *second)
    assert loaded.config == {"width": 8} and second[2].step == 4
    _train(*second, 6)
    for expected, found in zip(whole[0].parameters(), second[0].parameters(), strict=True):
        assert torch.equal(expected, found)
    assert [p.name for p in path.parent.iterdir()] == ["checkpoint.pt"]


def test_a_missing_checkpoint_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train that part first"):
        load_checkpoint(tmp_path / "none.pt")


def test_budget_counts_steps_or_minutes_across_interruptions() -> None:
    budget = Budget(steps=8)
    budget.step = 2
    assert budget.share == 0.25
    timed = Budget(minutes=10)
    timed.resume(step=5, elapsed=300)
    assert 0.5 <= timed.share < 0.51 and 290 < timed.remaining <= 300
    for wrong in ({}, {"minutes": 1, "steps": 1}):
        with pytest.raises(ValueError, match="minutes or as steps"):
            Budget(**wrong)


@pytest.mark.parametrize("schedule", [linear_decay, cosine_decay])
def test_schedules_rise_then_fall_to_their_final_share(schedule) -> None:
    values = [schedule(share, 0.1, 0.03) for share in np.linspace(0, 1, 101)]
    assert max(values) == pytest.approx(1, abs=0.02) and values[-1] == pytest.approx(0.03)
    assert values[0] < 0.1 and sorted(values[11:], reverse=True) == values[11:]


def test_durations_are_readable() -> None:
    assert [format_seconds(s) for s in (75, 3700, float("inf"))] == ["1:15", "1:01:40", "?"]
