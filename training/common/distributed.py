"""Several training processes that average their gradients: gloo on CPU, NCCL on CUDA.

Each process uses one thread: OpenMP threads wait for each other at every operation and crawl when
anything else takes a slice of a core, while single-threaded processes meet once a step.

    def work(process: Process, ...) -> None: ...
    launch(work, processes=2, arguments=(...,))

or start the script with torchrun, which decides how many processes there are:

    torchrun --nproc-per-node 8 -m training.transformer.train --preset gpu --stage keyframes

Every function below also works with one process and no process group.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from torch import Tensor, nn


@dataclass(frozen=True)
class Process:
    """Which of the ``count`` training processes this is, and the device that it computes on."""

    rank: int
    count: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        return self.rank == 0


def launch(work: Callable[..., None], processes: int, arguments: tuple[Any, ...] = ()) -> None:
    """Runs ``work(process, *arguments)`` in ``processes`` processes; returns when all have ended.

    Under torchrun (RANK is set) it joins torchrun's group instead. ``work`` must be importable.
    """
    if "RANK" in os.environ:
        _run(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]), work, arguments)
    elif processes == 1:
        _run(0, 1, work, arguments)
    elif torch.cuda.is_available() and processes > torch.cuda.device_count():
        raise SystemExit(
            f"--processes {processes}, but this machine has {torch.cuda.device_count()} GPU(s): "
            "each process needs one of its own."
        )
    else:
        _set_rendezvous()
        os.environ["OMP_NUM_THREADS"] = "1"  # read by the children before they import torch
        _spawn(work, processes, arguments)


def _spawn(work: Callable[..., None], processes: int, arguments: tuple[Any, ...]) -> None:
    """Waits for the processes and ends them with this one, also when it is told to terminate: left
    alone, they would go on training and overwrite the checkpoints of a run that follows."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    context = multiprocessing.spawn(_run, (processes, work, arguments), processes, join=False)
    try:
        while not context.join():
            pass
    finally:
        signal.signal(signal.SIGTERM, before)
        for child in context.processes:
            if child.is_alive():
                child.kill()


def default_processes() -> int:
    """One for each GPU; without a GPU two, which is what a small machine's cores allow."""
    return torch.cuda.device_count() if torch.cuda.is_available() else 2


def _set_rendezvous() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = (
            "127.0.0.1",
            str(probe.getsockname()[1]),
        )


def _run(rank: int, count: int, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    process = _join(rank, count)
    try:
        work(process, *arguments)
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


def _join(rank: int, count: int) -> Process:
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", rank)))
        torch.cuda.set_device(device)
        # Distances to codes and losses are float32 for a reason; bfloat16 parts are not concerned.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = True
    else:
        device = torch.device("cpu")
        torch.set_num_threads(1)
    if count > 1:
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, rank=rank, world_size=count)
    return Process(rank, count, device)


def process_count() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


def sum_over_processes(tensor: Tensor) -> Tensor:
    """Adds ``tensor`` up over the processes, in place, and returns it."""
    if process_count() > 1:
        dist.all_reduce(tensor)
    return tensor


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replaces every gradient by its mean over the processes, in one transfer of all of them."""
    if process_count() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = sum_over_processes(torch.cat([g.reshape(-1) for g in gradients])) / process_count()
    shares = flat.split([gradient.numel() for gradient in gradients])
    for gradient, averaged in zip(gradients, shares, strict=True):
        gradient.copy_(averaged.view_as(gradient))


def same_everywhere(module: nn.Module) -> None:
    """Copies the first process's parameters and buffers to all others."""
    if process_count() > 1:
        for tensor in [*module.parameters(), *module.buffers()]:
            dist.broadcast(tensor.data, 0)


def number_of_main(value: float, device: torch.device) -> float:
    """The first process's ``value``, so that all agree on time shares and on when to stop."""
    if process_count() == 1:
        return value
    shared = torch.tensor([value], dtype=torch.float64, device=device)
    dist.broadcast(shared, 0)
    return shared.item()
