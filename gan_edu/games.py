"""Games: who owns which parameters, what a turn draws, and what each player's cost is.

A game is an `nn.Module`. A player named `generator` owns whatever the game holds under the attribute
`generator` (a network or a single parameter) and minimises `generator_cost(draw)`. That is all the convention there is.

    from torch import randn
    from torch.nn.functional import softplus

    from gan_edu import data, networks, training
    from gan_edu.games import Draw, Game

    class SmallGAN(Game):
        order = ("discriminator", "generator")

        def __init__(self):
            super().__init__()
            self.discriminator = networks.mlp(2, 64, 64, 1)
            self.generator = networks.mlp(2, 64, 64, 2)

        def draw(self, batch, rng):
            return Draw(real=batch, latent=randn(len(batch), 2, generator=rng))

        def discriminator_cost(self, draw):
            real, fake = self.discriminator(draw.real), self.discriminator(self.generator(draw.latent))
            return softplus(-real).mean() + softplus(fake).mean()

        def generator_cost(self, draw):
            return softplus(-self.discriminator(self.generator(draw.latent))).mean()

    history = training.play(SmallGAN(), data.ring().batches(64), rounds=100)

Randomness and memory live in `draw(batch, rng)`; a cost is then a function of the parameters alone. The same draw can be
looked at from other parameters, which is what extragradient, unrolling, exact resume and replay are made of. The masks of dropout
layers are part of the draw, too: a seed that `training.play` puts into it fixes them. Whatever else is random belongs in `draw`.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import getclosurevars, isfunction
from types import SimpleNamespace
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from .errors import GameError


class Draw(SimpleNamespace):
    """Everything random or remembered that one turn needs: real samples, latents, interpolation coefficients, ..."""

    __slots__ = ("_shared",)  # see Game.shared_output; no part of the draw, so that a copy starts without it


def drops(game: nn.Module) -> bool:
    """Whether a game, or a network, changes units at random: by PyTorch's dropout, by `Noise`, or in the members of an `Ensemble`."""
    return any(isinstance(module, _DropoutNd) or getattr(module, "drops", False) for module in game.modules())


def described(function: Callable) -> str:
    """The name of a rule or a penalty, anything that can be called, with its settings, as in "Consensus(weight=1.0)", wherever it has
    them from: arguments, defaults, what a closure holds, numbers outside; for a lambda its code, too."""
    settings = {}
    if isinstance(function, partial):
        settings = dict(enumerate(function.args)) | function.keywords
        function = function.func
    name = getattr(function, "__qualname__", type(function).__qualname__)
    if isfunction(function):
        inside = getclosurevars(function)
        settings = inside.globals | inside.nonlocals | dict(enumerate(function.__defaults__ or ())) | settings
        if name.endswith("<lambda>"):
            settings["code"] = f"{crc32(function.__code__.co_code + repr(function.__code__.co_consts).encode()):08x}"
    elif not hasattr(function, "__qualname__"):  # an object that can be called
        settings = vars(function) | settings
    return with_settings(name.split(".")[0], settings)


def with_settings(name: str, settings: dict) -> str:
    """A name with those settings that last: numbers, words, what holds them, functions; arrays and tensors as a checksum."""
    written = {key: _written(value) for key, value in settings.items()}
    return (
        f"{name}({', '.join(f'{key}={value}' for key, value in written.items() if value is not None and value is not False)})"
    )


def _written(value):
    """A setting in a form that lasts, or None if it has none."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        array = np.ascontiguousarray(value.detach().cpu() if isinstance(value, torch.Tensor) else value)
        return f"{array.shape} {crc32(array):08x}"
    if isinstance(value, float):
        return float(f"{value:.9g}")  # not how a processor rounded it
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(map(_written, value))
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    return described(value) if isfunction(value) or isinstance(value, partial) else None


@dataclass(frozen=True)
class Player:
    """One side of a game: a name, and the parameters that it alone may change.

    `parameters` maps the parameter's name inside the game (`generator.0.weight`) to the parameter.
    """

    name: str
    parameters: dict[str, nn.Parameter]


class Game(nn.Module):
    """A differentiable game. Subclasses set `order`, and define `draw` and one `<player>_cost` for each player.

    order: the players' names, in the order in which they move.
    members: how many independent games are played side by side (see `networks.Ensemble`). Costs are means over a batch;
        multiplied by `members` they become sums over the games, so that each game's gradient is its own.
    """

    order: tuple[str, ...] = ()
    members: int = 1

    def __init__(self):
        super().__init__()
        self._differentiated = None  # the player whose gradient is being taken, or None: record everything
        self._turn = None  # whose buffers move, and what tells this turn from others

    def draw(self, batch, rng: torch.Generator) -> Draw:
        """What is random or stateful for one turn. `rng` is the `torch.Generator` of the run, on the game's device."""
        raise GameError(f"{type(self).__name__} does not say what a turn draws: define draw(batch, rng).")

    def identity(self) -> str:
        """What the game is, in words that last: a checkpoint of one that says something else belongs to another run."""
        return type(self).__name__

    def cost(self, player: str, draw: Draw) -> Tensor:
        """The player's cost, a scalar: a function of the game's parameters alone once `draw` is fixed."""
        with _dropout_seeded(self, draw):
            cost = getattr(self, f"{player}_cost")(draw)
        if not isinstance(cost, torch.Tensor) or cost.dim():
            what = f"a tensor of shape {tuple(cost.shape)}" if isinstance(cost, torch.Tensor) else type(cost).__name__
            raise GameError(f"{type(self).__name__}.{player}_cost returns {what}: a cost is one number, a mean over the batch.")
        return self.members * cost

    forward = cost  # so that torch.func.functional_call(game, parameters, (player, draw)) is the cost at other parameters

    def player(self, name: str) -> Player:
        """The `Player` of that name."""
        if name not in self.order:
            raise GameError(f"{type(self).__name__} has no player {name!r}; its players are {', '.join(self.order)}.")
        owned = {
            key: parameter
            for key, parameter in self.named_parameters()
            if key.split(".")[0] == name and parameter.requires_grad
        }
        return Player(name, owned)

    def players(self) -> list[Player]:
        """All players in the order of play. Raises GameError unless each has a cost and owns something, and each trainable parameter
        has an owner."""
        here = type(self).__name__
        if isinstance(self.order, str) or not self.order:
            raise GameError(f'{here} names no players: set order = ("discriminator", "generator"), say.')
        players = [self.player(name) for name in self.order]
        for player in players:
            if not callable(getattr(self, f"{player.name}_cost", None)):
                raise GameError(f"{here} does not say what {player.name} minimises: define {player.name}_cost(draw).")
            if not player.parameters:
                raise GameError(
                    f"{player.name} of {here} owns nothing to move: set self.{player.name} to a network or a parameter with "
                    "requires_grad."
                )
        owned = {key for player in players for key in player.parameters}
        orphans = [key for key, p in self.named_parameters() if p.requires_grad and key not in owned]
        if orphans:
            raise GameError(
                f"nobody owns {', '.join(orphans[:3])} of {here}: put it under one of the attributes {', '.join(self.order)}, or "
                "freeze it with requires_grad_(False)."
            )
        return players

    @contextmanager
    def turn(self, movers: tuple[str, ...]) -> Iterator[None]:
        """A turn of the players `movers`: the buffers of all others (BatchNorm statistics, spectral-norm vectors) are
        afterwards as they were before. A network's buffers move in its owner's turn only."""
        outer, self._turn = self._turn, (movers, object())
        before = [_buffers(getattr(self, name)) for name in self.order if name not in movers]
        try:
            yield
        finally:
            self._turn = outer
            for buffers in before:
                _put_back(buffers)

    @contextmanager
    def differentiating(self, player: str) -> Iterator[None]:
        """Costs computed inside will be differentiated with respect to `player`'s own parameters only, so that what other
        networks feed this player needs no graph (see `shared_output`). Outside, a cost records its whole graph."""
        before, self._differentiated = self._differentiated, player
        try:
            yield
        finally:
            self._differentiated = before

    def shared_output(self, player: str, draw: Draw, network: Callable, *inputs) -> Tensor | tuple[Tensor, ...]:
        """`network(*inputs)`: what `player`'s network, or a function that uses it, makes of a draw, a tensor or a tuple of them.
        Outside `differentiating` it records its whole graph.

        Inside, the player itself gets it with the graph and everybody else without; and it is made once for all who ask, about the
        same draw, for the same function of the very same inputs, before the player moves. What making it did to the network's buffers
        counts in the player's own turn only, and once.
        """
        if self._differentiated is None or not torch.is_grad_enabled():
            return network(*inputs)
        owner = getattr(self, player)
        parameters = owner.parameters() if isinstance(owner, nn.Module) else (owner,)
        state = [(parameter, parameter._version) for parameter in parameters]
        kept = getattr(draw, "_shared", [])
        draw._shared = kept = [made for made in kept if made.player != player or _same(made.state, state)]
        made = next((made for made in kept if made.network == network and _identical(made.inputs, inputs)), None)
        own = self._turn is None or player in self._turn[0]
        if made is not None and own and made.counted is not self._turn:
            if all(torch.equal(buffer, module._buffers[name]) for module, name, buffer in made.before):
                _put_back(made.after)
                made.counted = self._turn
            else:  # it was made from other buffers than it would be now
                kept.remove(made)
                made = None
        if made is None:
            before = _buffers(owner)
            output = network(*inputs)
            made = _SharedOutput(player, network, inputs, output, state, before, _buffers(owner), self._turn if own else ())
            kept.append(made)
        if self._differentiated == player:
            return made.output
        return made.output.detach() if isinstance(made.output, torch.Tensor) else tuple(part.detach() for part in made.output)


@dataclass(eq=False)
class _SharedOutput:
    """What a function of a player's network made of which inputs; of which parameters in which state; the network's buffers before and
    after; and the last turn in which these counted."""

    player: str
    network: Callable
    inputs: tuple
    output: Tensor | tuple[Tensor, ...]
    state: list[tuple[Tensor, int]]
    before: list[tuple[nn.Module, str, Tensor]]
    after: list[tuple[nn.Module, str, Tensor]]
    counted: tuple | None


def _identical(these, those):
    """Whether two tuples hold the very same objects."""
    return len(these) == len(those) and all(a is b for a, b in zip(these, those))


def _same(before, now):
    """Whether two lists hold the same tensors, unchanged in between."""
    return len(before) == len(now) and all(a is b and m == n for (a, m), (b, n) in zip(before, now))


def _buffers(network):
    """Copies of a network's buffers, and where they belong."""
    modules = network.modules() if isinstance(network, nn.Module) else ()
    return [(module, name, b.clone()) for module in modules for name, b in module._buffers.items() if b is not None]


def _put_back(buffers):
    """Puts copies in the buffers' places. Nothing is overwritten: a graph may still hold what was there."""
    for module, name, copy in buffers:
        module._buffers[name] = copy


def turns(schedule: str | list | None, order: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Reads a schedule: `"DG"` is D, then G; `"DDDDDG"` five turns of D for one of G; `"D+G"` both at once.

    A letter is the initial of a player's name. Players with one initial are named whole, turn by turn: `["critic", "coach",
    ("guesser", "generator")]`. Without a schedule each player moves in turn. Returns a list of turns, each a tuple of the players who
    move together. Raises GameError for anything else.
    """
    names = ", ".join(order)
    if schedule is None:
        return [(name,) for name in order]
    if isinstance(schedule, (list, tuple)):
        groups = [tuple(turn) if isinstance(turn, (list, tuple)) else (turn,) for turn in schedule]
    else:
        initials = {name[0].upper(): name for name in order}
        if len(initials) < len(order):
            raise GameError(
                f"the players {names} do not have different initials: list their names, turn by turn, as a schedule."
            )
        letters = re.findall(r"\w(?:\+\w)*", str(schedule).upper())
        if not isinstance(schedule, str) or "".join(letters) != schedule.upper() or not letters:
            raise GameError(f'{schedule!r} is not a schedule: write "DG" for alternating turns, "D+G" for simultaneous ones.')
        groups = [tuple(initials.get(letter, letter) for letter in group.split("+")) for group in letters]
    unknown = sorted({str(name) for group in groups for name in group if name not in order})
    if unknown or not groups or not all(groups):
        raise GameError(f"schedule {schedule!r} names {', '.join(unknown) or 'nobody'}; the players are {names}.")
    return groups


@contextmanager
def _dropout_seeded(game, draw):
    """Dropout masks come from the draw's seed where it has one, so that the same draw gives the same cost."""
    seed = getattr(draw, "seed", None)
    if seed is None:
        yield
        return
    device = next(game.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
