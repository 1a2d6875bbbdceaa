"""A GAN in the plane, turn by turn, after GAN Lab (Kahng et al., IEEE TVCG 2019). For notebook 00."""

import math

import ipywidgets
import torch

from .. import metrics, plots
from ..data import Mixture
from ..errors import GameError
from ..losses import non_saturating
from ..training import Run, adam
from .panel import Panel
from .stage import Stage

LAYERS = ("verdicts", "manifold", "arrows")
ARROWS = 25  # few, so that they do not hide the samples


class GameLab:
    """A GAN with two-dimensional samples that the reader drives: a turn of one player alone, a round, or many.

    make_game: builds a `GAN` on the CPU; the lab seeds torch before it. density: where the data comes from, a `Mixture` or
    whatever has its `sample` and `batches`. batch, optimiser: as in `training.play`, with which `rounds` agrees number for
    number. seed: of networks, batches and latents.

    `view()` is the widget. Raises GameError for an ensemble, or data that does not lie in the plane.
    """

    def __init__(self, make_game, density, batch=256, optimiser=adam, seed=0):
        self.make_game, self.density, self.batch, self.optimiser = make_game, density, batch, optimiser
        self.layers = set(LAYERS)
        self.reset(seed)
        self.real = density.sample(300, self._rng())
        if self.game.members != 1 or self.real.shape[1:] != (2,):
            raise GameError("the lab shows one GAN, not an ensemble, and data in the plane: samples of shape (N, 2).")
        self.limit = 1.4 * self.real.abs().max().item()
        self._stage = Stage(10.4, 5.0)

    def reset(self, seed):
        """Starts afresh: new networks, new batches, no history."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            game = self.make_game()
        self.seed, self.game = seed, game
        batches = self.density.batches(self.batch, seed)
        self.run = Run(game, batches, self.optimiser, seed=seed)
        self.costs = {}  # each player's latest
        self.alone = dict.fromkeys(game.order, 0)  # turns outside rounds

    def turn(self, player):
        """One step of one player, on a fresh batch; everybody else stands still. Raises GameError for an unknown player."""
        self.game.player(player)
        k = next((k for k, movers in enumerate(self.run.turns) if player in movers), 0)
        self.run.next_draw()
        self.costs[player] = self.run.turn(k, (player,))[player].item()
        self.alone[player] += 1

    def rounds(self, count=1):
        """`count` rounds of the schedule. Raises GameError if a cost is no longer finite."""
        for _ in range(count):
            self.run.round()
        self.run.read_costs()
        self.costs |= {name: values[-1] for name, values in self.run.history.costs.items() if values}

    def samples(self, count=300):
        """Generated samples (count, 2), of the same latents every time."""
        return self.game.sample(count, self._rng())

    def pulls(self, samples):
        """For each sample (N, 2), minus the gradient of its term of the generator's cost: where the discriminator would have it
        go. Shape (N, 2), in nats per unit of length."""
        samples, objective = samples.clone().requires_grad_(), self.game.objective
        with self.game.turn(()):  # looking changes no buffer
            real_logits = self.game.discriminator(self.density.sample(len(samples), self._rng())) if objective.paired else None
            cost = objective.generator(real_logits, self.game.discriminator(samples))
            return -len(samples) * torch.autograd.grad(cost, samples)[0]

    def modes(self):
        """The `metrics.Modes` of 2,500 samples, or None if the data is no mixture."""
        return metrics.modes(self.samples(2500), self.density) if isinstance(self.density, Mixture) else None

    def describe(self):
        """The present state in one line."""
        alone = ", ".join(f"{turns} of the {name} alone" for name, turns in self.alone.items() if turns)
        parts = [f"Seed {self.seed}, round {self.run.done:,}" + (f" (and turns: {alone})" if alone else "")]
        if self.costs:
            parts.append("costs: " + ", ".join(f"{name} {cost:.3f}" for name, cost in self.costs.items()))
        if modes := self.modes():
            parts.append(f"{modes.captured} of {len(modes.counts)} modes, {modes.high_quality:.0%} of samples within 3σ of one")
        if "arrows" in self.layers:
            parts.append(f"longest arrow {self.pulls(self.samples()[:ARROWS]).norm(dim=1).max():.2g} nats per unit")
        return "; ".join(parts) + "."

    def frame(self):
        """The picture as PNG bytes: the plane with data, samples and the chosen layers; the costs by round."""
        return self._stage.frame(self._draw)

    def _draw(self, plane, course):
        game, samples, history = self.game, self.samples(), self.run.history
        with game.turn(()):
            if "verdicts" in self.layers:
                plots.verdicts(plane, game.discriminator, self.limit)
            if "manifold" in self.layers:
                reach = 2.0 if game.latent.kind == "normal" else 1.0
                plots.manifold(plane, game.generator, game.latent.size, reach)
        plots.cloud(plane, self.real, limit=self.limit, size=10, edge="white")
        if "arrows" in self.layers:
            plots.arrows(plane, samples[:ARROWS], self.pulls(samples[:ARROWS]), self.limit / 3)
        plots.cloud(plane, fake=samples, limit=self.limit, size=16, edge="black")
        plane.set_title("blue: D(x) near 1, orange: near 0; arrows: −∂ cost of G / ∂ sample", fontsize=10)
        plots.costs(history, course, coin=game.objective is non_saturating)
        course.get_legend().set_loc("upper right")
        # limits that change seldom: whole nats, and rounds that double
        costs = [0.0, 2.0, *filter(math.isfinite, sum(history.costs.values(), []))]
        last = 10 * 2 ** math.ceil(math.log2(max(10, self.run.done) / 10))
        course.set(xlim=(0, last), ylim=(math.floor(min(costs)), math.ceil(max(costs))))

    def view(self):
        """The laboratory as a widget."""
        steps = [ipywidgets.Button(description=f"step {name}", tooltip=f"one turn of the {name}") for name in self.game.order]
        one = ipywidgets.Button(description="one round", tooltip="one pass through the schedule")
        play = ipywidgets.Play(min=0, max=100_000, interval=100, show_repeat=False)
        pace = ipywidgets.IntSlider(10, min=1, max=100, description="rounds each")
        seed = ipywidgets.BoundedIntText(self.seed, min=0, max=2**31 - 1, description="seed")
        reset = ipywidgets.Button(description="start again")
        layers = [ipywidgets.Checkbox(name in self.layers, description=name, indent=False) for name in LAYERS]
        rows = [ipywidgets.HBox(row) for row in ([*steps, one], [play, pace, seed, reset], layers)]
        panel = Panel(rows, self.frame, self.describe)

        def tick():
            try:
                self.rounds(pace.value if play.value else 0)  # "stop" sets the player back to 0
            except GameError:  # a cost is no longer finite: the panel says so, and there is nothing left to play
                play.playing = False
                raise

        for button, name in zip(steps, self.game.order, strict=True):
            button.on_click(panel.does(lambda name=name: self.turn(name)))
        one.on_click(panel.does(self.rounds))
        play.observe(panel.does(tick), "value")
        reset.on_click(panel.does(lambda: self.reset(seed.value)))
        for box in layers:
            box.observe(panel.does(lambda: setattr(self, "layers", {b.description for b in layers if b.value})), "value")
        panel.controls = {
            "steps": steps,
            "round": one,
            "play": play,
            "pace": pace,
            "seed": seed,
            "reset": reset,
            "layers": layers,
        }
        return panel

    def _rng(self):
        """The same random numbers whenever the picture needs some: they are not the run's."""
        return torch.Generator().manual_seed(self.seed)
