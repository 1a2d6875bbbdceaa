"""A GAN in the plane, turn by turn, after GAN Lab (Kahng et al., IEEE TVCG 2019): the playground's pictures, with the learner's own
game in the kernel. For notebook 00."""

import math
import threading
from collections.abc import Callable
from functools import partial, wraps
from itertools import zip_longest

import torch
from torch import Tensor
from torch.special import entr

from ... import metrics, plots
from ...data import Mixture
from ...errors import GameError
from ...training import Run, adam
from .view import GameView

LAYERS = ("verdicts", "manifold", "arrows")
SHOWN = 300  # samples in the picture
ARROWS = 25  # few, so that they do not hide the samples
FIELD = 40  # cells a side in which the discriminator is asked
MEASURED = 2500  # samples, as in the literature
REFERENCE = 20_000  # real points that stand for the data
CELLS = 20  # a side, between which the divergence is measured


class WatchedRun(Run):
    """A run whose turns somebody may watch: `watcher(movers, step)` plays a turn by calling `step()`, which gives the costs, and may
    look before and after."""

    watcher = None

    def turn(self, k, movers):
        """A turn, as in `Run`."""
        step = partial(super().turn, k, movers)
        return step() if self.watcher is None else self.watcher(movers, step)


def one_at_a_time(method):
    """A method for which others of the same laboratory wait: JupyterLab has pages answered in a thread beside that of the cells."""

    @wraps(method)
    def waiting(lab, *arguments, **settings):
        with lab.lock:
            return method(lab, *arguments, **settings)

    return waiting


class GameLab:
    """A GAN with two-dimensional samples that the reader drives: a turn of one player alone, a round, or many.

    make_game: builds a `GAN` on the CPU; the lab seeds torch before it. density: where the data comes from, a `Mixture` or
    whatever has its `sample` and `batches`. batch, optimiser: as in `training.play`, with which `rounds` agrees number for
    number. seed: of networks, batches and latents.

    `view()` is the widget; `scene()` is what it draws. Looking changes nothing. Raises GameError for an ensemble, or data that does
    not lie in the plane.
    """

    def __init__(self, make_game: Callable, density, batch: int = 256, optimiser: Callable = adam, seed: int = 0):
        self.make_game, self.density, self.batch, self.optimiser = make_game, density, batch, optimiser
        self.lock = threading.RLock()
        self.begun = 0  # runs
        self.reset(seed)
        self.real = density.sample(SHOWN, self._rng())
        if self.game.members != 1 or self.real.shape[1:] != (2,):
            raise GameError("the lab shows one GAN, not an ensemble, and data in the plane: samples of shape (N, 2).")
        self.limit = 1.4 * self.real.abs().max().item()
        rng = self._rng()
        self.reference = self._shares(density.sample(REFERENCE, rng))
        self.floor = jensen_shannon(self._shares(density.sample(MEASURED, rng)), self.reference)

    @one_at_a_time
    def reset(self, seed: int):
        """Starts afresh: new networks, new batches, no history."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            game = self.make_game()
        self.seed, self.game = seed, game
        self.run = WatchedRun(game, self.density.batches(self.batch, seed), self.optimiser, seed=seed)
        self.begun += 1
        self.costs = {}  # each player's latest
        self.alone = dict.fromkeys(game.order, 0)  # turns outside rounds
        self.course = []  # [position, each player's cost] after each round and each turn alone
        self.measured = []  # [position, divergence, modes captured or NaN] whenever it was measured

    @property
    def position(self) -> float:
        """How far the run is, in rounds; a turn alone counts as its share of one."""
        return self.run.done + sum(self.alone.values()) / len(self.alone)

    @one_at_a_time
    def turn(self, player: str):
        """One step of one player, on a fresh batch; everybody else stands still. Raises GameError for an unknown player."""
        self.game.player(player)
        k = next((k for k, movers in enumerate(self.run.turns) if player in movers), 0)
        self.run.next_draw()
        self.costs[player] = self.run.turn(k, (player,))[player].item()
        self.alone[player] += 1
        self._note()

    @one_at_a_time
    def rounds(self, count: int = 1):
        """`count` rounds of the schedule. An interrupt lets a round be finished first. Raises GameError if a cost is no longer
        finite."""
        before = self.run.done
        alone = self.position - before
        try:
            for _ in self.run.play(before + count):
                pass
        finally:
            costs = self.run.history.costs
            new = zip_longest(
                *(values[before:] for values in costs.values()), fillvalue=math.nan
            )  # not all are read if it stops
            for done, latest in enumerate(new, before + 1):
                self.costs |= zip(costs, latest)
                self._note(done + alone)

    @one_at_a_time
    def round_apart(self, layers: tuple = LAYERS) -> list[tuple[dict, dict[str, Tensor]]]:
        """A round, taken apart for slow motion: for each of its turns who moves and at what costs, and arrays. These are the `scene`
        before the turn, and, for the N real and N generated points of its draw, `batch` (2, N, 2), the discriminator's `outputs`
        (2, N), the derivatives of its cost by them, without penalties, `pressures` (2, N), those of the generator's cost by the
        generated points, `slopes` (N, 2), and where the generator puts these points after the turn, `after` (N, 2)."""
        turns = []

        def watch(movers, step):
            before = self.scene(layers) | self._draw_apart()
            latent = self.run.draw.latent
            costs = step()
            turns.append((self._costs_apart(before["outputs"], costs), before | {"after": self._generated(latent)}))
            return costs

        self.run.watcher = watch
        try:
            self.rounds()
        finally:
            self.run.watcher = None
        return turns

    def _draw_apart(self):
        game, objective, draw = self.game, self.game.objective, self.run.draw
        fake = self._generated(draw.latent)
        moving = fake.clone().requires_grad_()
        with game.turn(()):
            real_outputs, fake_outputs = (output.flatten() for output in game.logits(draw.real, moving))
        cost = objective.generator(real_outputs if objective.paired else None, fake_outputs)
        outputs = torch.stack([real_outputs, fake_outputs]).detach().requires_grad_()
        return {
            "batch": torch.stack([draw.real, fake]),
            "outputs": outputs.detach(),
            "pressures": torch.autograd.grad(objective.discriminator(*outputs), outputs)[0],
            "slopes": torch.autograd.grad(cost, moving)[0],
        }

    def _costs_apart(self, outputs, costs):
        """The movers' costs, the discriminator's without its penalties."""
        costs = {name: cost.item() for name, cost in costs.items()}
        if self.game.penalties and "discriminator" in costs:
            costs["discriminator"] = self.game.objective.discriminator(*outputs).item()
        return costs

    @torch.no_grad()
    def _generated(self, latent):
        with self.game.turn(()):
            return self.game.generator(latent)

    def _note(self, position=None):
        """Writes the latest costs into the course of the run."""
        costs = [self.costs.get(name, math.nan) for name in self.game.order]
        self.course.append([self.position if position is None else position, *costs])

    # What can be seen ---------------------------------------------------------------------------------------------------------

    def samples(self, count: int = SHOWN) -> Tensor:
        """Generated samples (count, 2), of the same latents every time."""
        return self.game.sample(count, self._rng())

    def pulls(self, samples: Tensor) -> Tensor:
        """For each sample (N, 2), minus the gradient of its term of the generator's cost: where the discriminator would have it
        go. Shape (N, 2), in nats per unit of length."""
        samples, objective = samples.clone().requires_grad_(), self.game.objective
        with self.game.turn(()):  # looking changes no buffer
            real_logits = self.game.discriminator(self.density.sample(len(samples), self._rng())) if objective.paired else None
            cost = objective.generator(real_logits, self.game.discriminator(samples))
            return -len(samples) * torch.autograd.grad(cost, samples)[0]

    @torch.no_grad()
    def scene(self, layers: tuple = LAYERS) -> dict[str, Tensor]:
        """What the picture shows, as arrays by name. Always `real` and `samples`, (300, 2) each; and for a layer

        verdicts: the discriminator's outputs at the centres of 40 × 40 cells, the upper row first, `field` (40, 40), and at the real
            and generated samples, `judged` (2, 300);
        manifold: a square of latents pushed through the generator, `lattice` (curves, points, 2);
        arrows: for the first samples, what `pulls` says of them, `pulls` (25, 2).
        """
        samples = self.samples()
        seen = {"real": self.real, "samples": samples}
        with self.game.turn(()):
            if "verdicts" in layers:
                judge = self.game.discriminator
                seen["field"] = judge(self._centres()).view(FIELD, FIELD)
                seen["judged"] = torch.stack([judge(points).flatten() for points in (self.real, samples)])
            if "manifold" in layers:
                size = self.game.latent.size
                lines, points = (15, 41) if size > 1 else (1, 201)
                seen["lattice"] = plots.lattice(self.game.generator, size, self._reach(), lines, points)
        if "arrows" in layers:
            with torch.enable_grad():
                seen["pulls"] = self.pulls(samples[:ARROWS])
        return seen

    def picture(self) -> bytes:
        """The scene, and the costs by round, as PNG bytes: for where no page can draw them."""
        plane, course = plots.axes(1, 2, width=5.2, height=5.0)
        samples = self.samples()
        with self.game.turn(()):
            plots.verdicts(plane, self.game.discriminator, self.limit)
            plots.manifold(plane, self.game.generator, self.game.latent.size, self._reach())
        plots.cloud(plane, self.real, limit=self.limit, size=10, edge="white")
        plots.arrows(plane, samples[:ARROWS], self.pulls(samples[:ARROWS]), self.limit / 3)
        plots.cloud(plane, fake=samples, limit=self.limit, size=16, edge="black")
        plane.set_title("blue: D(x) near 1, orange: near 0; arrows: −∂ cost of G / ∂ sample", fontsize=10)
        plots.costs(self.run.history, course, coin=False)
        return plots.frame(plane.figure)

    def view(self) -> GameView:
        """The laboratory as a widget."""
        return GameView(self)

    def _centres(self):
        line = self.limit * ((2 * torch.arange(FIELD) + 1) / FIELD - 1)
        rows, columns = torch.meshgrid(-line, line, indexing="ij")
        return torch.stack([columns, rows], dim=-1).view(-1, 2)

    def _reach(self):
        return 2.0 if self.game.latent.kind == "normal" else 1.0

    # What can be measured and said --------------------------------------------------------------------------------------------

    def modes(self) -> metrics.Modes | None:
        """The `metrics.Modes` of 2,500 samples, or None if the data is no mixture."""
        return metrics.modes(self.samples(MEASURED), self.density) if isinstance(self.density, Mixture) else None

    def divergence(self) -> float:
        """The Jensen-Shannon divergence, in nats, between data and 2,500 samples, by how many lie in each of 20 × 20 cells and
        outside. Samples of the data themselves have `floor`, by chance."""
        return jensen_shannon(self._shares(self.samples(MEASURED)), self.reference)

    def measure(self) -> tuple[metrics.Modes | None, float]:
        """Modes and divergence, noted if the run has moved since it was measured last."""
        modes, divergence = self.modes(), self.divergence()
        if not self.measured or self.measured[-1][0] != self.position:
            self.measured.append([self.position, divergence, modes.captured if modes else math.nan])
        return modes, divergence

    def describe(self) -> str:
        """The present state in one line."""
        alone = ", ".join(f"{turns} of the {name} alone" for name, turns in self.alone.items() if turns)
        parts = [f"Seed {self.seed}, round {self.run.done:,}" + (f" (and turns: {alone})" if alone else "")]
        if self.costs:
            parts.append("costs: " + ", ".join(f"{name} {cost:.3f}" for name, cost in self.costs.items()))
        modes, divergence = self.measure()
        if modes:
            parts.append(f"{modes.captured} of {len(modes.counts)} modes, {modes.high_quality:.0%} of samples within 3σ of one")
        parts.append(f"Jensen-Shannon divergence from the data {divergence:.3f} nats ({self.floor:.3f} for real points)")
        return "; ".join(parts) + "."

    def _shares(self, samples):
        """The shares of samples (N, 2) in each cell of the square that is shown, and last of those outside, or at no number."""
        cells = ((samples.double() + self.limit) / (2 * self.limit) * CELLS).floor()
        inside = ((cells >= 0) & (cells < CELLS)).all(dim=1)
        found = torch.where(inside, cells[:, 1] * CELLS + cells[:, 0], CELLS**2).long()
        return found.bincount(minlength=CELLS**2 + 1).double() / len(samples)

    def _rng(self):
        """The same random numbers whenever the picture needs some: they are not the run's."""
        return torch.Generator().manual_seed(self.seed)


def jensen_shannon(p: Tensor, q: Tensor) -> float:
    """The Jensen-Shannon divergence, in nats, between two lists of shares: the entropy of their mean less their mean entropy. From 0,
    for equal ones, to log 2."""
    return max(0.0, (entr((p + q) / 2).sum() - (entr(p).sum() + entr(q).sum()) / 2).item())
