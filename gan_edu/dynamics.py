"""Dynamics: how players move. Update rules as pure functions of a point and a vector field.

A *point* is a dict from parameter names to tensors. The *field* gives, at a point, each mover's gradient of its own cost with
respect to its own parameters. A *rule* turns the two into the direction in which to descend:

    direction, memory = rule(field, point, memory)

`memory` is a dict of tensors (empty at first), so that a run can be interrupted. `orbit` follows a rule from a point;
`training.play` hands the direction to an optimiser instead. They are the same functions. Notebook 07 derives them.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, distributed
from torch.func import functional_call

from .errors import GameError
from .games import Game, turns

Point = dict[str, Tensor]


class Field:
    """The game's vector field for one draw: each mover's gradient of its own cost in its own parameters.

    costs: what each player's cost was where it was first evaluated, which is the point itself for most rules.
    optimisers: the players' own, for a rule that foresees their steps.
    """

    def __init__(self, game, draw, movers, optimisers=None):
        self.game = game
        self.draw = draw
        self.movers = movers
        self.optimisers = optimisers
        self.costs = {}
        self.owned = {player.name: tuple(player.parameters) for player in game.players()}

    def cost(self, player: str, point: Point) -> Tensor:
        """The player's cost at a point; differentiable in all of it."""
        cost = functional_call(self.game, point, (player, self.draw))
        self.costs.setdefault(player, cost.detach())
        return cost

    def of(self, player: str, point: Point, differentiable: bool = False) -> Point:
        """One player's gradient at a point, as a dict over that player's parameters.

        differentiable: whether the gradient itself can be differentiated again, by any player's parameters.
        """
        point = {name: value if value.requires_grad else value.detach().requires_grad_() for name, value in point.items()}
        names = self.owned[player]
        with nullcontext() if differentiable else self.game.differentiating(player):
            cost = self.cost(player, point)
        own = [point[name] for name in names]
        gradients = torch.autograd.grad(cost, own, create_graph=differentiable, materialize_grads=True)
        return dict(zip(names, mean_over_processes(gradients)))

    def __call__(self, point):
        """The movers' gradients at a point, side by side."""
        return {name: g for player in self.movers for name, g in self.of(player, point).items()}


def mean_over_processes(gradients):
    """Each gradient's mean over the processes that play together, differentiable; with one process the gradients themselves."""
    return [_MeanOverProcesses.apply(g) for g in gradients] if distributed.is_initialized() else gradients


class _MeanOverProcesses(torch.autograd.Function):
    @staticmethod
    def forward(ctx, tensor):
        total = tensor.clone()
        distributed.all_reduce(total)
        return total / distributed.get_world_size()

    @staticmethod
    def backward(ctx, gradient):
        return _MeanOverProcesses.apply(gradient)  # everybody's cost looks at the mean, and every tensor has its share in it


def shifted(point: Point, direction: Point, by: float) -> Point:
    """point + by · direction, where the direction has entries; the rest of the point as it is."""
    return {name: value + by * direction[name] if name in direction else value for name, value in point.items()}


def gradient(field: Field, point: Point, memory: Point) -> tuple[Point, Point]:
    """Everyone descends its own gradient: SimGD if all move together, AltGD if they move in turn."""
    return field(point), memory


@dataclass(frozen=True)
class Extragradient:
    """Looks ahead by a plain gradient step of size `rate`, and descends the gradient found there (Korpelevich 1976)."""

    rate: float

    def __call__(self, field, point, memory):
        return field(shifted(point, field(point), -self.rate)), memory


def optimistic(field: Field, point: Point, memory: Point) -> tuple[Point, Point]:
    """Twice the gradient minus the previous one (Popov 1980; Daskalakis et al. 2018). The first step's previous gradient is the
    current one."""
    now = field(point)
    return {name: 2 * g - memory.get(name, g) for name, g in now.items()}, now


@dataclass(frozen=True)
class Consensus:
    """Adds the gradient of weight/2 · |field|², pulling towards where nobody wants to move (Mescheder et al. 2017). The
    field is everybody's, also when players move in turn."""

    weight: float

    def __call__(self, field, point, memory):
        point = {name: value.detach().requires_grad_() for name, value in point.items()}
        everyone = {player: field.of(player, point, differentiable=True) for player in field.owned}
        energy = sum(g.square().sum() for gradients in everyone.values() for g in gradients.values()) / 2
        now = {name: g for player in field.movers for name, g in everyone[player].items()}
        pull = torch.autograd.grad(energy, [point[name] for name in now])
        return {name: now[name].detach() + self.weight * p for name, p in zip(now, pull)}, memory


@dataclass(frozen=True)
class Momentum:
    """Heavy ball (Polyak 1964): direction = gradient + weight · previous direction. Negative weights damp rotation (Gidel et
    al. 2019)."""

    weight: float

    def __call__(self, field, point, memory):
        now = field(point)
        direction = {name: g + self.weight * memory.get(name, torch.zeros_like(g)) for name, g in now.items()}
        return direction, direction


@dataclass(frozen=True)
class HistoricalAveraging:
    """Adds the gradient of weight · |θ - mean of its past|², which calls each mover back to where it has been on average (Salimans et
    al. 2016, section 3.3; notebook 08). The past is that of the same turn in all rounds before; the first time there is none, and
    nothing is added."""

    weight: float

    def __call__(self, field, point, memory):
        now = field(point)
        rounds = memory.get("rounds so far", torch.tensor(0))  # no parameter's name has a space
        away = {name: point[name] - memory.get(name, point[name]) for name in now}
        past = {name: point[name] - away[name] * rounds / (rounds + 1) for name in now}
        return {name: g + 2 * self.weight * away[name] for name, g in now.items()}, past | {"rounds so far": rounds + 1}


@dataclass(frozen=True)
class Unrolled:
    """`player` foresees its opponents: they take `steps` steps on the same draw before the player's cost is evaluated, and the player
    differentiates through those steps (Metz et al. 2017). Everyone else descends as usual.

    rate: of gradient steps; None for steps of the opponents' own optimisers, which must be Adam's: from the moments that they have
    by now, at the rate that they have by now.
    """

    player: str
    steps: int
    rate: float | None

    def __call__(self, field, point, memory):
        direction = {}
        for mover in field.movers:
            direction |= self.foreseen(field, point) if mover == self.player else field.of(mover, point)
        return direction, memory

    def foreseen(self, field, point):
        """The player's gradient through its opponents' steps, as a dict over its parameters."""
        point = {name: value.detach().requires_grad_() for name, value in point.items()}
        ahead, opponents = point, [name for name in field.owned if name != self.player]
        steps = {name: AdamSteps(field, name) if self.rate is None else partial(shifted, by=-self.rate) for name in opponents}
        for _ in range(self.steps):
            for opponent, step in steps.items():
                ahead = step(ahead, field.of(opponent, ahead, differentiable=True))
        own = [point[name] for name in field.owned[self.player]]
        return dict(zip(field.owned[self.player], torch.autograd.grad(field.cost(self.player, ahead), own)))


class AdamSteps:
    """The next steps of a player's Adam, as a function of point and gradients that can be differentiated. The optimiser stays as it
    is. Raises GameError for another kind of optimiser, and for an Adam with weight decay or other extras."""

    def __init__(self, field, player):
        optimiser = (field.optimisers or {}).get(player)
        if type(optimiser) is not torch.optim.Adam:  # AdamW is an Adam to PyTorch, and steps otherwise
            raise GameError(f"only steps of Adam are foreseen without a rate, and the {player} has {type(optimiser).__name__}.")
        (group,) = optimiser.param_groups
        extras = [name for name in ("weight_decay", "amsgrad", "maximize") if group[name]]
        if extras:
            raise GameError(f"only steps of Adam are foreseen without a rate, and the {player}'s has {', '.join(extras)}.")
        self.rate, self.betas, self.eps = group["lr"], group["betas"], group["eps"]
        states = [optimiser.state.get(parameter, {}) for parameter in group["params"]]
        names = field.owned[player]
        self.taken = int(states[0].get("step", 0))
        self.mean = {name: state.get("exp_avg", 0.0) for name, state in zip(names, states)}
        self.square = {name: state.get("exp_avg_sq", 0.0) for name, state in zip(names, states)}

    def __call__(self, point, gradients):
        self.taken += 1
        (b1, b2), moved = self.betas, {}
        for name, slope in gradients.items():
            self.mean[name] = b1 * self.mean[name] + (1 - b1) * slope
            self.square[name] = b2 * self.square[name] + (1 - b2) * slope.square()
            mean, square = self.mean[name] / (1 - b1**self.taken), self.square[name] / (1 - b2**self.taken)
            root = (square + self.eps**2).sqrt() + self.eps  # the root of nothing has no derivative
            moved[name] = point[name] - self.rate * mean / root
        return {**point, **moved}


def orbit(
    game: Game, rate: float, steps: int, schedule: str | list | None = None, rule: Callable = gradient
) -> dict[str, Tensor]:
    """Follows a rule with plain steps of size `rate`, without noise: every turn sees the same draw.

    Returns {parameter name: tensor (steps + 1, ...)}, from the game's present parameters on; the game itself does not move.
    """
    draw = game.draw(None, None)
    order = turns(schedule, game.order)
    point = {name: p.detach().clone() for name, p in game.named_parameters()}
    fields, memories = [Field(game, draw, movers) for movers in order], [{} for _ in order]
    path = [point]
    for _ in range(steps):
        for k, field in enumerate(fields):
            direction, memories[k] = rule(field, point, memories[k])
            point = shifted(point, direction, -rate)
        path.append(point)
    return {name: torch.stack([p[name] for p in path]) for name in path[0]}


def flow(game: Game, times) -> dict[str, Tensor]:
    """The continuous-time limit: solves d(point)/dt = -field(point) at the given times, for a game of scalars.

    Returns {parameter name: tensor (len(times),)}, in float64.
    """
    from scipy.integrate import solve_ivp

    field = Field(game, game.draw(None, None), game.order)
    start = {name: p.detach().double() for name, p in game.named_parameters()}
    if any(value.numel() != 1 for value in start.values()):
        raise GameError("the continuous-time flow is for games of scalars.")
    shapes = {name: value.shape for name, value in start.items()}

    def velocity(_, flat):
        point = {name: torch.tensor(v, dtype=torch.float64).view(shape) for v, (name, shape) in zip(flat, shapes.items())}
        found = field(point)
        return [-found[name].item() for name in shapes]

    solution = solve_ivp(
        velocity, (times[0], times[-1]), [v.item() for v in start.values()], t_eval=times, rtol=1e-10, atol=1e-12
    )
    return {name: torch.from_numpy(row) for name, row in zip(shapes, solution.y)}
