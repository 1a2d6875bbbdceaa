"""Runs of hours: what is seen and measured on their way, with a checkpoint at every look."""

import platform

import torch

from gan_edu.errors import GameError
from gan_edu.training import Run

LOOKS, POINTS = 24, 200  # how often a run is looked at, at most; numbers that are kept of each curve of costs


class Falling(Run):
    """A run of so many rounds, whose learning rates fall to nothing along a line from its middle on: small steps settle what large
    ones stir up. The other arguments are those of `training.Run`. Raises GameError for a round beyond the last."""

    def __init__(self, rounds, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.rounds = rounds
        self.rates = [group["lr"] for group in self.groups()]

    def identity(self):
        """What a checkpoint must have in common with this run: also its length."""
        return super().identity() | {"rates": f"fall to nothing in {self.rounds} rounds"}

    def round(self):
        """One pass through the schedule, at the rates of this round."""
        if self.done >= self.rounds:
            raise GameError(f"this run has {self.rounds} rounds, and they are played: ask for a longer one.")
        for group, rate in zip(self.groups(), self.rates):
            group["lr"] = rate * min(1, 2 * (1 - self.done / self.rounds))
        super().round()

    def groups(self):
        """The optimisers' groups of parameters: others after a checkpoint was read."""
        return [group for optimiser in self.optimisers.values() for group in optimiser.param_groups]


def played(run, rounds, checkpoint, look, looks=LOOKS):
    """Plays a `training.Run` to so many rounds, from its checkpoint on if there is one. It is looked at in the beginning and then at
    most `looks` times, the last time at the end.

    look: from the game that is shown to pictures, uint8 (N, C, H, H), and measures, numbers by name.
    Returns the film, uint8 (frames, N, C, H, H), and words and numbers about the run: the rounds of the frames and what was measured
    then, the costs' course, the hours, and on what.
    """

    def watch(game, average):
        pictures, measures = look(average)
        return {"pictures": pictures, "measures": measures}

    for _ in run.play(rounds, watch, -(-rounds // looks), checkpoint):
        pass
    seen = run.history.seen
    about = {
        "frames": [done for done, _ in seen],
        "measures": [one["measures"] for _, one in seen],
        "costs": {player: thinned(costs) for player, costs in run.history.costs.items() if costs},  # not of one who never moved
        "hours": round(run.history.seconds / 3600, 3),
        "engine": run.history.engine,
        "machine": f"{platform.system()} {platform.machine()}, torch {torch.__version__}",
    }
    return torch.stack([one["pictures"] for _, one in seen]), about


def thinned(values):
    """At most `POINTS` numbers, each the mean of as many neighbours."""
    width = -(-len(values) // POINTS)
    return [round(sum(part) / len(part), 4) for part in (values[k : k + width] for k in range(0, len(values), width))]
