"""Shared-out Muon ends with the same weights as Muon in every process."""

from pathlib import Path

import torch
from torch import nn

from training.common.distributed import Process, average_gradients, launch
from training.common.muon import make_optimizer
from training.common.sharded_muon import make_sharded_optimizer, share_out


def make_network() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Linear(24, 8), nn.Linear(8, 8))


def first_layers(name: str, _parameter: torch.Tensor) -> bool:
    return not name.startswith("3.")


def train_and_save(process: Process, folder: Path) -> None:
    results = []
    for make in (make_optimizer, make_sharded_optimizer):
        network = make_network()
        optimizer = make(network, 0.02, 0.01, use_muon=first_layers)
        for step in range(4):
            torch.manual_seed(step)
            network(torch.randn(5, 8)).square().mean().backward()
            average_gradients(network.parameters())
            optimizer.step()
            optimizer.zero_grad()
        results.append((network.state_dict(), optimizer.state_dict()))
    torch.save(results, folder / f"{process.rank}.pt")


def test_sharded_steps_equal_muon(tmp_path: Path) -> None:
    launch(train_and_save, 2, (tmp_path,))
    for rank in range(2):
        (plain, plain_state), (sharded, sharded_state) = torch.load(tmp_path / f"{rank}.pt")
        for name, weights in plain.items():
            torch.testing.assert_close(sharded[name], weights, msg=name)
        assert plain_state["param_groups"] == sharded_state["param_groups"]
        for index, state in plain_state["state"].items():
            for key, value in state.items():
                torch.testing.assert_close(sharded_state["state"][index][key], value)


def test_work_is_shared_evenly() -> None:
    shapes = [(256, 768), (256, 256), (256, 1024), (1024, 256), (768, 256), (256, 256)] * 6
    owner = share_out(shapes, 2)
    loads = [
        sum(min(s) ** 2 * max(s) for s, o in zip(shapes, owner, strict=True) if o == rank)
        for rank in (0, 1)
    ]
    assert abs(loads[0] - loads[1]) <= 256**3
