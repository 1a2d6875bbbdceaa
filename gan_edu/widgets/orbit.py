"""Where a rule leads in a game of two numbers: the orbit in the plane, the distance from the equilibrium. For notebook 07."""

import copy
import math

import ipywidgets
import torch

from .. import plots
from ..dynamics import Consensus, Extragradient, Field, Momentum, gradient, optimistic, orbit, shifted
from ..errors import GameError
from ..games import turns
from .panel import Panel
from .stage import Stage


def rules(game):
    """{name: (schedule, rule made from the rate)} for a game of two players."""
    first, second = game.order
    one, other = first[0].upper(), second[0].upper()
    both = f"{one}+{other}"
    return {
        "simultaneous": (both, lambda rate: gradient),
        f"alternating, {first} first": (one + other, lambda rate: gradient),
        f"alternating, {second} first": (other + one, lambda rate: gradient),
        "extragradient": (both, Extragradient),
        "optimistic": (both, lambda rate: optimistic),
        "consensus": (both, lambda rate: Consensus(1.0)),
        "momentum 0.5, alternating": (one + other, lambda rate: Momentum(0.5)),
        "momentum -0.5, alternating": (one + other, lambda rate: Momentum(-0.5)),
        "momentum -0.5, simultaneous": (both, lambda rate: Momentum(-0.5)),
    }


class OrbitLab:
    """The orbit of one rule in a game of two scalars whose equilibrium is (0, 0), such as `BilinearGame` or `DiracGAN`.

    rule: a name from `rules(game)`. rate: the step size α. start: the two numbers at the start, in the order in which the game
    holds them. steps: how many rounds to follow. `path` is the orbit, (steps + 1, 2); `follow` replaces it; `view()` is the
    widget.

    Raises GameError for another kind of game, an unknown rule, or a rate that is not positive.
    """

    def __init__(self, game, rule="simultaneous", rate=0.1, start=(1.0, 1.0), steps=200):
        self.game = copy.deepcopy(game)  # the lab moves it; the reader's own stays where it is
        self.names = [name for name, _ in game.named_parameters()]
        if len(game.order) != 2 or [p.numel() for p in game.parameters()] != [1, 1]:
            raise GameError(f"an orbit in the plane needs a game of two scalars; {type(game).__name__} is none.")
        self.rules = rules(game)
        self.steps = steps
        self.follow(rule, rate, start)
        self._limit = 3 * max(1.0, self.distances[0].item() / math.sqrt(2))
        self._stage = Stage(9.4, 4.6)

    def follow(self, rule, rate, start):
        """Follows the orbit of another rule, with another rate, from another start."""
        if rule not in self.rules:
            raise GameError(f"there is no rule {rule!r}; there are {'; '.join(self.rules)}.")
        if not rate > 0:
            raise GameError(f"the rate must be positive, not {rate}.")
        self.rule, self.rate, self.start = rule, rate, tuple(start)
        with torch.no_grad():
            for parameter, value in zip(self.game.parameters(), self.start, strict=True):
                parameter.fill_(value)
        schedule, make = self.rules[rule]
        path = orbit(self.game, rate, self.steps, schedule, make(rate))
        self.path = torch.stack([path[name].flatten() for name in self.names], dim=1)

    @property
    def distances(self):
        """The distance from (0, 0) after 0, 1, ..., `steps` rounds: (steps + 1,)."""
        return self.path.norm(dim=1)

    def update_matrix(self):
        """The Jacobian at (0, 0) of one round, as a map of the two numbers and whatever the rule remembers.

        Exact for a bilinear game, whose rounds are linear; by central differences of width 10⁻⁴ for others.
        """
        schedule, make = self.rules[self.rule]
        rule, draw = make(self.rate), self.game.draw(None, None)
        fields = [Field(self.game, draw, movers) for movers in turns(schedule, self.game.order)]
        zero = {name: torch.zeros_like(p) for name, p in self.game.named_parameters()}
        memories = [rule(field, zero, {})[1] for field in fields]
        entries = [(None, name) for name in zero] + [(k, name) for k, memory in enumerate(memories) for name in memory]

        def after(entry, value):
            point, kept = dict(zero), [{name: torch.zeros_like(v) for name, v in memory.items()} for memory in memories]
            (point if entry[0] is None else kept[entry[0]])[entry[1]] = torch.full_like(zero[entry[1]], value)
            for k, field in enumerate(fields):
                direction, kept[k] = rule(field, point, kept[k])
                point = shifted(point, direction, -self.rate)
            return torch.stack([(point if k is None else kept[k])[name].flatten()[0] for k, name in entries])

        width = 1e-4
        return torch.stack([(after(e, width) - after(e, -width)) / (2 * width) for e in entries], dim=1)

    def spectral_radius(self):
        """The largest modulus among the eigenvalues of `update_matrix`: below 1 the orbit shrinks, above 1 it grows."""
        return torch.linalg.eigvals(self.update_matrix()).abs().max().item()

    def describe(self):
        """The result in one line."""
        return (
            f"{self.rule}, α = {self.rate:.3g}: distance {self.distances[0]:.4g} at the start, {self.distances[-1]:.5g} after "
            f"{self.steps} rounds. Spectral radius of one round {self.spectral_radius():.6g}."
        )

    def frame(self):
        """The picture as PNG bytes: the orbit in the plane, and the distance by round on a logarithmic scale. The axes stay as
        they are, and what leaves them is not drawn."""
        return self._stage.frame(self._draw)

    def _draw(self, plane, course):
        far = 1e3  # lines far outside the axes cost time and show nothing
        xs, ys = self.path.nan_to_num(far).clamp(-far, far).T.tolist()
        plane.plot(xs, ys, ".-", color=plots.OTHER, linewidth=1, markersize=3)
        plane.plot(xs[0], ys[0], "o", color=plots.THEORY, markerfacecolor="white", label="start")
        plane.plot(xs[-1], ys[-1], "o", color=plots.THEORY, label="end")
        plane.plot(0, 0, "+", color=plots.THEORY, markersize=11, markeredgewidth=2, label="equilibrium")
        plane.legend(loc="upper left", ncols=3, fontsize=9)
        limit = self._limit
        plane.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel=self.names[0], ylabel=self.names[1])
        course.plot(self.distances.tolist(), color=plots.OTHER, label="distance")
        course.axhline(self.distances[0].item(), color=plots.THEORY, linestyle="--", linewidth=1, label="at the start")
        course.legend(loc="upper left", fontsize=9)
        course.set(xlim=(0, self.steps), yscale="log", ylim=(1e-3, 1e2), xlabel="round", ylabel="distance from the equilibrium")

    def view(self):
        """The laboratory as a widget: rule, rate and start can be changed."""
        reach = max(2.0, *map(abs, self.start))
        rule = ipywidgets.Dropdown(options=list(self.rules), value=self.rule, description="rule")
        rate = ipywidgets.FloatSlider(
            self.rate, min=min(0.01, self.rate), max=max(1.0, self.rate), step=0.01, description="rate α"
        )
        starts = [
            ipywidgets.FloatSlider(value, min=-reach, max=reach, step=0.1, description=f"start {name.split('.')[0][:9]}")
            for value, name in zip(self.start, self.names, strict=True)
        ]
        panel = Panel([ipywidgets.HBox([rule, rate]), ipywidgets.HBox(starts)], self.frame, self.describe)
        change = panel.does(lambda: self.follow(rule.value, rate.value, [slider.value for slider in starts]))
        for control in (rule, rate, *starts):
            control.observe(change, "value")
        panel.controls = {"rule": rule, "rate": rate, "start": starts}
        return panel
