"""Endless sources of batches that can say where they are, so that an interrupted run can go on from there."""

from collections.abc import Iterator

import torch

from ..errors import DataError


class Stream(Iterator):
    """Fresh samples for ever: each batch is `sample(size, rng)`."""

    def __init__(self, sample, size, seed=0, device="cpu"):
        self.sample = sample
        self.size = size
        self.rng = torch.Generator(device).manual_seed(seed)

    def __next__(self):
        return self.sample(self.size, self.rng)

    def state_dict(self):
        """The position of the stream."""
        return {"rng": self.rng.get_state()}

    def load_state_dict(self, state):
        """Goes back, or forward, to a position."""
        self.rng.set_state(state["rng"].cpu())


class Batches(Iterator):
    """Batches from data that lie in memory on the device: every epoch a new order, the last incomplete batch dropped.

    tensors: one or several tensors with the same first dimension; one gives batches, several give tuples.
    prepare: turns the first tensor's raw rows into what networks see (bytes into pixels, say).
    """

    def __init__(self, *tensors, size, seed=0, device="cpu", prepare=lambda x: x):
        if len(tensors[0]) < size:
            raise DataError(f"a batch of {size} needs at least {size} samples, and there are {len(tensors[0])}.")
        self.tensors = [t.to(device) for t in tensors]
        self.size = size
        self.prepare = prepare
        self.rng = torch.Generator(device).manual_seed(seed)
        self._shuffle()

    def __next__(self):
        if self.position + self.size > len(self.order):
            self._shuffle()
        rows = self.order[self.position : self.position + self.size]
        self.position += self.size
        first, *others = (t.index_select(0, rows) for t in self.tensors)
        first = self.prepare(first)
        return (first, *others) if others else first

    def _shuffle(self):
        self.epoch_start = self.rng.get_state()
        self.order = torch.randperm(len(self.tensors[0]), generator=self.rng, device=self.rng.device)
        self.position = 0

    def state_dict(self):
        """The position in the data: this epoch's shuffle and how far it has been used."""
        return {"rng": self.epoch_start, "position": self.position}

    def load_state_dict(self, state):
        """Goes back, or forward, to a position."""
        self.rng.set_state(state["rng"].cpu())
        self._shuffle()
        self.position = state["position"]


class Together(Iterator):
    """Batches from several sources at once, flattened into one tuple: `Together(images.batches(64), few.batches(64, labels=True))`
    gives images, others, and the labels of these; `Together(a.batches(8), b.batches(8))` two domains without pairs."""

    def __init__(self, *sources):
        self.sources = sources
        self.size = sources[0].size

    def __next__(self):
        parts = [next(source) for source in self.sources]
        return tuple(tensor for part in parts for tensor in (part if isinstance(part, tuple) else (part,)))

    def state_dict(self):
        """The positions of all sources."""
        return {"sources": [source.state_dict() for source in self.sources]}

    def load_state_dict(self, state):
        """Goes back, or forward, to a position."""
        for source, position in zip(self.sources, state["sources"], strict=True):
            source.load_state_dict(position)
