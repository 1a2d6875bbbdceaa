"""Games: who owns which parameters, what a turn draws, and what each player's cost is.

A game is an `nn.Module`. A player named `generator` owns whatever the game holds under the attribute
`generator` (a network or a single parameter) and minimises `generator_cost(draw)`. That is all the convention there is.

Randomness and memory live in `draw(batch, rng)`; a cost is then a function of the parameters alone. The same draw can be
looked at from other parameters, which is what extragradient, unrolling, exact resume and replay are made of.
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import getclosurevars, isfunction
from types import SimpleNamespace

import torch
from torch import nn

from .errors import GameError


class Draw(SimpleNamespace):
    """Everything random or remembered that one turn needs: real samples, latents, interpolation coefficients, ..."""

    __slots__ = ("_made",)  # see Game.made; no part of the draw, so that a copy starts without it


def described(function):
    """The name of a rule or a penalty, anything that can be called, with those of its settings that are numbers or words, as in
    "consensus(weight=1.0)"; what else it holds has no name that lasts."""
    settings = {}
    if isinstance(function, partial):
        settings = dict(enumerate(function.args)) | function.keywords
        function = function.func
    if isfunction(function):
        settings = getclosurevars(function).nonlocals | settings
    elif not hasattr(function, "__qualname__"):  # an object that can be called
        settings = vars(function) | settings
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return with_settings(name.split(".")[0], settings)


def with_settings(name, settings):
    """A name with those settings that are numbers or words."""
    plain = {key: value for key, value in settings.items() if isinstance(value, (bool, int, float, str, tuple))}
    return f"{name}({', '.join(f'{key}={value}' for key, value in plain.items() if value is not False)})"


@dataclass(frozen=True)
class Player:
    """One side of a game: a name, and the parameters that it alone may change.

    `parameters` maps the parameter's name inside the game (`generator.0.weight`) to the parameter.
    """

    name: str
    parameters: dict[str, nn.Parameter]


class Game(nn.Module):
    """A differentiable game. Subclasses set `plays`, and define `draw` and one `<player>_cost` for each player.

    plays: the players' names in the order in which they move.
    members: how many independent games are played side by side (see `networks.Ensemble`). Costs are means over a batch;
        multiplied by `members` they become sums over the games, so that each game's gradient is its own.
    """

    plays: tuple[str, ...] = ()
    members: int = 1

    def __init__(self):
        super().__init__()
        self._differentiated = None  # the player whose gradient is being taken, or None: record everything

    def draw(self, batch, rng):
        """What is random or stateful for one turn. `rng` is the `torch.Generator` of the run, on the game's device."""
        raise GameError(f"{type(self).__name__} does not say what a turn draws: define draw(batch, rng).")

    def about(self):
        """What the game is, in words that last: a checkpoint of one that says something else belongs to another run."""
        return type(self).__name__

    def cost(self, player, draw):
        """The player's cost, a scalar: a function of the game's parameters alone once `draw` is fixed."""
        with _dropout_seeded(self, draw):
            return self.members * getattr(self, f"{player}_cost")(draw)

    forward = cost  # so that torch.func.functional_call(game, parameters, (player, draw)) is the cost at other parameters

    def player(self, name):
        """The `Player` of that name."""
        if name not in self.plays:
            raise GameError(f"{type(self).__name__} has no player {name!r}; its players are {', '.join(self.plays)}.")
        owned = {
            key: parameter
            for key, parameter in self.named_parameters()
            if key.split(".")[0] == name and parameter.requires_grad
        }
        return Player(name, owned)

    def players(self):
        """All players in the order of play, after checking that each trainable parameter has exactly one owner."""
        players = [self.player(name) for name in self.plays]
        owned = {key for player in players for key in player.parameters}
        orphans = [key for key, p in self.named_parameters() if p.requires_grad and key not in owned]
        if orphans:
            raise GameError(
                f"nobody owns {', '.join(orphans[:3])} of {type(self).__name__}: put it under one of the attributes "
                f"{', '.join(self.plays)}, or freeze it with requires_grad_(False)."
            )
        return players

    @contextmanager
    def turn(self, movers):
        """A turn of the players `movers`: the buffers of all others (BatchNorm statistics, spectral-norm vectors) are
        afterwards as they were before. A network's buffers move in its owner's turn only."""
        before = [_buffers(getattr(self, name)) for name in self.plays if name not in movers]
        try:
            yield
        finally:
            for buffers in before:
                _put_back(buffers)

    @contextmanager
    def differentiating(self, player):
        """Costs computed inside will be differentiated with respect to `player`'s own parameters only, so that what other
        networks feed this player needs no graph (see `made`). Outside, a cost records its whole graph."""
        before, self._differentiated = self._differentiated, player
        try:
            yield
        finally:
            self._differentiated = before

    def made(self, player, draw, make):
        """`make()`: what `player`'s network makes of a draw, a tensor or a tuple of them. Outside `differentiating` it records its
        whole graph.

        Inside, the player itself gets it with the graph and everybody else without; and it is made once for all who ask about the
        same draw before the player moves. What making it did to the network's buffers counts in the player's own turn only.
        """
        if self._differentiated is None or not torch.is_grad_enabled():
            return make()
        network = getattr(self, player)
        state = [(parameter, parameter._version) for parameter in network.parameters()]
        kept = getattr(draw, "_made", {})
        if player not in kept or not _same(kept[player].state, state):
            kept[player] = _Made(make(), state, _buffers(network))
            draw._made = kept
        elif self._differentiated == player:
            _put_back(kept[player].buffers)
        output = kept[player].output
        if self._differentiated == player:
            return output
        return output.detach() if isinstance(output, torch.Tensor) else tuple(part.detach() for part in output)


@dataclass(frozen=True)
class _Made:
    """What a network made of a draw, of which parameters in which state, and its buffers afterwards."""

    output: torch.Tensor | tuple[torch.Tensor, ...]
    state: list[tuple[torch.Tensor, int]]
    buffers: list[tuple[nn.Module, str, torch.Tensor]]


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


def turns(schedule, plays):
    """Reads a schedule: `"DG"` is D, then G; `"DDDDDG"` five turns of D for one of G; `"D+G"` both at once.

    A letter is the initial of a player's name. Returns a list of turns, each a tuple of the players who move together.
    """
    initials = {name[0].upper(): name for name in plays}
    if len(initials) < len(plays):
        raise GameError(f"the players {', '.join(plays)} do not have different initials: a schedule cannot name them.")
    if schedule is None:
        return [(name,) for name in plays]
    groups = re.findall(r"\w(?:\+\w)*", schedule.upper())
    if "".join(groups) != schedule.upper() or not groups:
        raise GameError(f'{schedule!r} is not a schedule: write "DG" for alternating turns, "D+G" for simultaneous ones.')
    unknown = set("".join(groups)) - {"+"} - set(initials)
    if unknown:
        raise GameError(f"schedule {schedule!r} names {', '.join(sorted(unknown))}; the players are {', '.join(plays)}.")
    return [tuple(initials[letter] for letter in group.split("+")) for group in groups]


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
