"""`play`: the one loop. Every game of this course, from x·y to a convolutional GAN, is trained by it."""

import copy
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor, distributed
from tqdm.auto import tqdm

from . import checkpoints
from .dynamics import Field, gradient, mean_over_processes
from .engine import AUTO, Engine, threads
from .errors import CheckpointError, GameError
from .games import Draw, Game, described, drops, turns, with_settings

adam = partial(torch.optim.Adam, lr=2e-4, betas=(0.5, 0.999), fused=True)
"""Adam as Radford, Metz & Chintala (2016) set it for GANs: learning rate 2e-4, beta1 0.5."""


def clipped(optimiser: Callable, bound: float = 0.01) -> Callable:
    """An optimiser's maker whose steps end with every parameter clamped to [-bound, bound]: weight clipping, which keeps a critic
    Lipschitz (Arjovsky, Chintala & Bottou 2017; notebook 08). `play(optimiser={"discriminator": clipped(adam), ...})`."""

    def make(parameters):
        made = optimiser(parameters)
        made.defaults["bound"] = bound  # which a checkpoint asks for

        @torch.no_grad()
        def clip(*_):
            for parameter in parameters:
                parameter.clamp_(-bound, bound)

        made.register_step_post_hook(clip)
        return made

    return make


def optimistic_steps(optimiser: Callable) -> Callable:
    """An optimiser's maker whose steps are twice its own less its own last one. With SGD that is the rule `dynamics.optimistic`, with
    Adam it is Optimistic Adam (Daskalakis, Ilyas, Syrgkanis & Zeng 2018; notebook 08), which doubles the step that Adam takes and not
    the gradient that Adam is given. The first step is the optimiser's own."""

    def make(parameters):
        made, before = optimiser(parameters), []
        made.defaults["optimistic"] = True  # which a checkpoint asks for

        @torch.no_grad()
        def remember(*_):
            before[:] = [parameter.clone() for parameter in parameters]

        @torch.no_grad()
        def double(*_):
            for parameter, start in zip(parameters, before):
                own, state = parameter - start, made.state[parameter]
                parameter += own - state.get("own step", own)
                state["own step"] = own

        made.register_step_pre_hook(remember)
        made.register_step_post_hook(double)
        return made

    return make


def extrapolated(optimiser: Callable) -> Callable:
    """An optimiser's maker whose steps come in twos: the first only looks ahead, the second starts where the first did, with the
    gradient found ahead. Both change what the optimiser remembers. With SGD that is the extragradient method, with Adam ExtraAdam
    (Gidel, Berard, Vignoud, Vincent & Lacoste-Julien 2019, algorithm 4; notebook 08). A round needs two turns of everybody, as in the
    schedule "D+GD+G", and each sees a draw of its own."""

    def make(parameters):
        made, start = optimiser(parameters), []
        made.defaults["extrapolated"] = True  # which a checkpoint asks for

        @torch.no_grad()
        def go_back(*_):
            if not start:
                start.extend(parameter.clone() for parameter in parameters)
                return
            for parameter, before in zip(parameters, start):
                parameter.copy_(before)
            start.clear()

        made.register_step_pre_hook(go_back)
        return made

    return make


@dataclass
class History:
    """What happened in a run.

    costs: for each player one number a round (that of its last turn in the round).
    seen: what `watch` returned, as (round, value) pairs.
    seconds: time spent in the loop, over all sittings.
    engine: how it was computed, in words: "bf16, 2 threads, channels last".
    average: the game with averaged parameters, or None if `play` was not asked to average.
    """

    costs: dict[str, list[float]]
    seen: list = field(default_factory=list)
    seconds: float = 0.0
    engine: str = ""
    average: Game | None = None

    @property
    def rounds(self) -> int:
        """Rounds played. A player whom the schedule leaves out has no costs."""
        return max(map(len, self.costs.values()))


def play(
    game: Game,
    batches: Iterator | None,
    rounds: int,
    *,
    optimiser: Callable | dict[str, Callable] = adam,
    schedule: str | list | None = None,
    rule: Callable = gradient,
    ema: float | str | None = None,
    engine: Engine = AUTO,
    seed: int = 0,
    watch: Callable[[Game, Game], object] | None = None,
    every: int = 100,
    checkpoint: str | Path | None = None,
    progress: bool | None = None,
) -> History:
    """Plays rounds of a game and returns its `History`. The game's networks are trained in place.

    batches: an iterator over batches on the game's device (`ImageSet.batches`, `Mixture.batches`), or None for a game that needs
        no data. In one round every player sees the same batch and the same draw, but no player sees one twice.
    optimiser: makes a torch optimiser from a list of parameters; or a dict with one such maker for each player.
    schedule: who moves when: `"DG"` discriminator, then generator (the default: each player in turn), `"DDDDDG"`, or `"D+G"` for
        both at once, from the same draw.
    rule: one of `dynamics`: the direction that is handed to the optimiser.
    ema: decay of an exponential moving average of all parameters (0.995, say), or `"mean"` for the plain mean of the iterates;
        buffers are copied. Round t weighs at least 9 / (9 + t), so that the average soon forgets where it began. The averaged game
        is `history.average`.
    engine: precision, threads and memory layout, each following from game and machine unless it is given (see `engine.Engine`).
    seed: of everything the game draws, dropout's masks included. Networks and batches have seeds of their own. On one machine, with
        one number of threads, the same seeds give the same run bit for bit, whatever else the machine does.
    watch: called as `watch(game, average)` before the first round, after every `every` rounds and after the last; `average` is the
        game itself without `ema`. What it returns, tensors and numbers in dicts, lists or tuples, is kept in `history.seen`.
    checkpoint: a file. Written whole or not at all every `every` rounds; if it exists, the run goes on from there.
    progress: whether a run of more than three seconds shows a bar, with rounds, costs and the time that is left. Unless it is said,
        `show_progress` decides, which a notebook's first cell calls.

    Ctrl-C, or a notebook's stop button, lets the round be finished and the checkpoint be written first; a second one does not wait.

    Under `torchrun` each process takes its share of every draw and gradients are averaged: equal to one process for costs that are
    means over samples (so not for BatchNorm, minibatch discrimination, feature matching, or costs that pair samples in other ways).

    Raises GameError, before the first round, for what it cannot work with, and if a cost is not finite; CheckpointError if the
    checkpoint belongs to another run or is damaged.
    """
    run = Run(game, batches, optimiser, schedule, rule, ema, engine, seed)
    with bar(rounds, progress) as shown:
        for _ in run.play(rounds, watch, every, checkpoint):
            shown.update(run.done - shown.n)
            if run.done % every == 0:
                shown.set_postfix(
                    {name: f"{costs[-1]:.3g}" for name, costs in run.history.costs.items() if costs}, refresh=False
                )
    return run.history


def show_progress(shown: bool):
    """Whether runs show how far they are unless they are told; at first they do not."""
    _SHOWN[0] = shown


_SHOWN = [False]


def bar(total: int, progress: bool | None = None) -> tqdm:
    """A bar for that many steps, for loops of one's own, too: it appears after three seconds, and not at all where the environment
    variable `TQDM_DISABLE` is set, as it is where notebooks are executed to be kept."""
    shown = (_SHOWN[0] if progress is None else progress) and not os.environ.get("TQDM_DISABLE")
    return tqdm(total=total, delay=3, leave=False, disable=not shown, unit=" rounds")


def _refuse_wrong_types(game, batches, optimiser, rule, ema, engine, seed):
    """Says in a sentence what `play` cannot work with, before anything is trained."""
    makers = optimiser.values() if isinstance(optimiser, dict) else [optimiser]
    if not isinstance(game, Game):
        raise GameError(f"what is played must be a Game (gan_edu.games), not a {type(game).__name__}.")
    if batches is not None and not hasattr(batches, "__next__"):
        raise GameError(
            f"a {type(batches).__name__} is no endless source of batches: give one that next() can be asked for ever, such as "
            "images.batches(64), data.Batches(tensor, size=64), or (batch for _ in itertools.count() for batch in loader)."
        )
    if any(isinstance(maker, torch.optim.Optimizer) or not callable(maker) for maker in makers):
        raise GameError(
            "optimiser must make an optimiser from a list of parameters, for each player its own: give a class or a partial, such as "
            "partial(torch.optim.Adam, lr=2e-4), or a dict with one for each player."
        )
    if not callable(rule):
        raise GameError(f"{rule!r} is no rule: give one of gan_edu.dynamics, such as dynamics.gradient.")
    if not (ema is None or ema == "mean" or isinstance(ema, Real) and not isinstance(ema, bool) and 0 <= ema < 1):
        raise GameError(f'ema={ema!r} is no way to average: give a decay from 0 up to 1, such as 0.995, or "mean", or None.')
    if not isinstance(engine, Engine):
        raise GameError(f'{engine!r} is no engine: give engine.Engine(precision="fp32", threads=1), say.')
    if not isinstance(seed, Integral) or not -(2**63) <= seed < 2**64:
        raise GameError(f"seed={seed!r} is no seed: give a whole number of at most 64 bits.")


class Run:
    """A run in progress: all that changes from round to round, and how a round is played. `play` drives one from start to end;
    a widget can take single turns. The number of threads is `play`'s affair."""

    def __init__(self, game, batches, optimiser=adam, schedule=None, rule=gradient, ema=None, engine=AUTO, seed=0):
        _refuse_wrong_types(game, batches, optimiser, rule, ema, engine, seed)
        self.players = {player.name: player for player in game.players()}
        self.turns = turns(schedule, game.order)
        self.precision_is_free = engine.precision == "auto"
        self.engine = engine.resolved(game, getattr(batches, "size", 64))  # 64, as is usual, if the source does not say
        self.game = game
        self.batches = batches
        self.rule = rule
        self.memories = [{} for _ in self.turns]
        self.device = next(game.parameters()).device
        self.rng = torch.Generator(self.device).manual_seed(seed)
        self.drops = drops(game)
        make = optimiser if isinstance(optimiser, dict) else dict.fromkeys(self.players, optimiser)
        if set(make) != set(self.players):
            raise GameError(f"optimisers are given for {', '.join(make)}; the players are {', '.join(self.players)}.")
        self.optimisers = {name: make[name](list(player.parameters.values())) for name, player in self.players.items()}
        self.ema = ema
        self.average = copy.deepcopy(game).requires_grad_(False) if ema is not None else None
        self.history = History({name: [] for name in self.players}, engine=str(self.engine), average=self.average)
        self.draw = None  # what the present turns see
        self.pending = {name: [] for name in self.players}  # costs still on the device: reading one waits for it
        self.done = 0

    @property
    def shown(self) -> Game:
        """The game to look at: the averaged one, if there is one."""
        return self.game if self.average is None else self.average

    def play(
        self, rounds: int, watch: Callable | None = None, every: int = 100, checkpoint: str | Path | None = None
    ) -> Iterator["Run"]:
        """Plays until that many rounds are played; the other arguments are those of `training.play`. Gives itself after every round,
        for those who want to show how far it is."""
        for what, number, least in (("rounds", rounds, 0), ("every", every, 1)):
            if not isinstance(number, Integral) or number < least:
                raise GameError(f"{what}={number!r} is no whole number of rounds from {least} on.")
        checkpoint = None if checkpoint is None else Path(checkpoint).expanduser()
        if checkpoint is not None and self.batches is not None and not hasattr(self.batches, "state_dict"):
            raise GameError(
                f"a checkpoint must say where the batches are, and a {type(self.batches).__name__} cannot: give a source with "
                "state_dict and load_state_dict, such as data.Batches or data.Stream, or play without a checkpoint."
            )
        if checkpoint is not None and checkpoint.exists():
            self.load_state_dict(checkpoints.read(checkpoint))
        started = time.perf_counter() - self.history.seconds
        if watch is not None and not self.history.seen:
            self.history.seen.append((0, watch(self.game, self.shown)))
        with threads(self.engine.threads), _interrupts() as interrupted:
            while self.done < rounds and not interrupted():
                self.round()
                if self.done % every == 0 or self.done == rounds:
                    self.read_costs()
                    if watch is not None:
                        self.history.seen.append((self.done, watch(self.game, self.shown)))
                    self._keep(checkpoint, started)
                yield self
            if interrupted():
                self.read_costs()
                self._keep(checkpoint, started)
                raise KeyboardInterrupt

    def _keep(self, checkpoint, started):
        self.history.seconds = time.perf_counter() - started
        if checkpoint is not None and first_process():
            checkpoints.write(checkpoint, self.state_dict())

    def round(self):
        """One pass through the schedule."""
        costs, seen = {}, set(self.players)  # everybody has "seen" the previous round's draw
        for k, movers in enumerate(self.turns):
            if not seen.isdisjoint(movers):
                self.next_draw()
                seen = set()
            seen.update(movers)
            costs |= self.turn(k, movers)
        self.draw = None  # and with it the graph of what was made of it
        for name, cost in costs.items():
            self.pending[name].append(cost)
        self.done += 1
        if self.average is not None:
            self._average()

    def next_draw(self):
        """A fresh batch and a fresh draw for the turns to come, with a seed for the masks of a game that drops. Raises GameError if
        there are no more batches."""
        before = self.rng.get_state() if self.drops else None
        try:
            batch = None if self.batches is None else next(self.batches)
        except StopIteration:
            raise GameError(f"the batches came to an end after {self.done} rounds: play needs an endless source.") from None
        with self.autocast():  # a draw may hold what a network made
            draw = self.game.draw(batch, self.rng)
        if self.drops:
            if torch.equal(before, self.rng.get_state()):  # nothing else is random: each draw's masks are its own all the same
                torch.rand((), generator=self.rng, device=self.device)
            draw.seed = crc32(self.rng.get_state().numpy())  # which the host knows without waiting for the device
        self.draw = _share(draw)

    def autocast(self):
        """Inside, layers compute in the precision of this run."""
        half = self.engine.precision == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext()

    def turn(self, k: int, movers: tuple[str, ...]) -> dict[str, Tensor]:
        """The players `movers` take one step from where everybody stands now, on the present draw. Returns their costs."""
        draw = self.draw
        with self.game.turn(movers):
            if self.rule is gradient:
                costs, direction = self._gradients(draw, movers)
            else:
                costs, direction = self._directions(draw, movers, k)
        for mover in movers:
            own = self.players[mover].parameters
            for name, parameter in own.items():
                parameter.grad = _laid_out_like(parameter, direction[name])
            self.optimisers[mover].step()
            for parameter in own.values():
                parameter.grad = None
        return costs

    def _gradients(self, draw, movers):
        costs, direction = {}, {}
        for mover in movers:
            own = self.players[mover].parameters
            with self.game.differentiating(mover), self.autocast():
                cost = self.game.cost(mover, draw)
            direction |= zip(own, mean_over_processes(torch.autograd.grad(cost, list(own.values()), materialize_grads=True)))
            costs[mover] = cost.detach()
        return costs, direction

    def _directions(self, draw, movers, k):
        point = {name: parameter.detach() for name, parameter in self.game.named_parameters()}
        field = Field(self.game, draw, movers, self.optimisers)
        with self.autocast():
            direction, self.memories[k] = self.rule(field, point, self.memories[k])
        names, values = zip(*direction.items())
        return {mover: field.costs[mover] for mover in movers}, dict(zip(names, mean_over_processes(values)))

    @torch.no_grad()
    def _average(self):
        weight = 1 / self.done if self.ema == "mean" else max(1 - self.ema, 9 / (9 + self.done))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.game.parameters()), weight)
        for averaged, buffer in zip(self.average.buffers(), self.game.buffers()):
            averaged.copy_(buffer)

    def read_costs(self):
        """Moves the pending costs into the history; stops the run if one is not finite."""
        for name, costs in self.pending.items():
            if costs:
                values = (torch.stack(costs) / self.game.members).tolist()
                costs.clear()
                self.history.costs[name] += values
                if not all(map(math.isfinite, values)):
                    bad = next(k for k, v in enumerate(self.history.costs[name]) if not math.isfinite(v))
                    raise GameError(
                        f"the {name}'s cost is {self.history.costs[name][bad]} in round {bad + 1}. Lower the learning rate, or add a "
                        "penalty that bounds the discriminator's slope (R1, say)."
                    )

    def identity(self) -> dict:
        """What a checkpoint must have in common with the run that reads it."""
        return {
            "game": self.game.identity(),
            "parameters": {name: list(p.shape) for name, p in self.game.named_parameters()},
            "schedule": [list(movers) for movers in self.turns],
            "rule": described(self.rule),
            "optimisers": {name: with_settings(type(o).__name__, o.defaults) for name, o in self.optimisers.items()},
            "ema": self.ema,
            "batch": getattr(self.batches, "size", None),
        }

    def state_dict(self):
        """All of it, as tensors, numbers and strings."""
        return {
            "identity": self.identity(),
            "precision": self.engine.precision,
            "game": self.game.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()},
            "memories": self.memories,
            "rng": self.rng.get_state(),
            "batches": None if self.batches is None else self.batches.state_dict(),
            "done": self.done,
            "history": {"costs": self.history.costs, "seen": self.history.seen, "seconds": self.history.seconds},
        }

    def load_state_dict(self, state):
        """Goes on from a checkpoint."""
        for what, mine in self.identity().items():
            if state["identity"].get(what) != mine:
                raise CheckpointError(
                    f"the checkpoint belongs to another run: its {what} is {_short(state['identity'].get(what))}, this run's is "
                    f"{_short(mine)}. Give this run a checkpoint file of its own."
                )
        precision = state.get("precision", self.engine.precision)
        if precision != self.engine.precision and not self.precision_is_free:
            raise CheckpointError(
                f"the checkpoint was played in {precision}, and this run is to be played in {self.engine.precision}: ask for "
                f'Engine("{precision}") or for "auto", which goes on as it began.'
            )
        self.engine = replace(self.engine, precision=precision)
        self.history.engine = str(self.engine)
        self.game.load_state_dict(state["game"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        self.memories = [{name: value.to(self.device) for name, value in memory.items()} for memory in state["memories"]]
        self.rng.set_state(state["rng"].cpu())
        if self.batches is not None:
            self.batches.load_state_dict(state["batches"])
        self.done = state["done"]
        self.history.costs, self.history.seen, self.history.seconds = (
            state["history"][k] for k in ("costs", "seen", "seconds")
        )


@contextmanager
def _interrupts():
    """Inside, Ctrl-C waits: gives a function that says whether it was pressed. Pressed again, it does what it did before."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's affair
        yield pressed.is_set
        return

    def note(*_):
        pressed.set()
        signal.signal(signal.SIGINT, before)

    def noted():
        if processes() == 1 or distributed.get_backend() == "nccl":  # which shares nothing that lies in the host's memory
            return pressed.is_set()
        return mean_over_processes([torch.tensor(float(pressed.is_set()))])[0] > 0  # so that all stop after the same round

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def _laid_out_like(parameter, gradient):
    """The gradient with the parameter's strides. `autograd.grad` may return a transposed view (under vmap it does, for weights), and
    a fused optimiser reads memory in order: it would apply the right numbers to the wrong weights."""
    return gradient if gradient.stride() == parameter.stride() else torch.empty_like(parameter).copy_(gradient)


def _share(draw):
    """This process's part of a draw: every tensor has one row a sample. Raises GameError if they cannot be shared evenly."""
    if processes() == 1:
        return draw
    odd = next((len(v) for v in vars(draw).values() if isinstance(v, torch.Tensor) and len(v) % processes()), None)
    if odd is not None:
        raise GameError(f"{processes()} processes cannot share a batch of {odd}: choose a multiple of that.")
    rank = distributed.get_rank()
    return Draw(**{k: v.chunk(processes())[rank] if isinstance(v, torch.Tensor) else v for k, v in vars(draw).items()})


def processes():
    """How many play together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def first_process():
    """Whether this is the process that writes and speaks, where several play together."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def share_buffers(run):
    """Gives all processes that play together the first one's buffers: each has made BatchNorm's statistics of its own samples."""
    for game in (run.game, run.shown) if distributed.is_initialized() else ():
        for buffer in game.buffers():
            distributed.broadcast(buffer, 0)


def _short(value):
    text = str(value)
    return text if len(text) < 80 else text[:77] + "..."
