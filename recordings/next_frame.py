"""What comes next, with time: ten frames ahead, recorded for notebook 13.

MNIST's digits, the middle 20×20 pixels of each, bounce in frames of 32×32, never the same film twice; four frames are known. The
networks of `models/next_frame.py`, fp32, one thread, 12,000 rounds of 32 films, over the second half of which the learning rates fall
to nothing; the same with squared error alone. From the second frame on, what is predicted comes from what was predicted. Measured,
for each frame ahead over 400 held-out films: PSNR in decibels; sharpness, with true frames 1; and how far the middle of the ink is
from where it should be, in pixels.
"""

from functools import cache

import torch

from gan_edu import metrics
from gan_edu.course import recorded
from gan_edu.data import Bouncing, Stream, load, to_bytes, to_pixels
from gan_edu.engine import Engine
from gan_edu.models import next_frame

from .hours import Falling, played
from .playing import real

SIDE, KNOWN, AHEAD = 32, 4, 10
ROUNDS = 12_000
WEIGHTS = {"squared error": 0.0, "with an adversary": 0.05}
SEEDS = range(3)
TASKS = [(kind, seed) for kind in WEIGHTS for seed in SEEDS]
SHOWN = 4  # films whose continuations a frame shows


def films(frames, held_out=False):
    """Makes batches of films (N, frames, 1, 32, 32), pixels."""
    digits = real(load("mnist"))
    close = (digits.held_out if held_out else digits).images[:, :, 4:24, 4:24].contiguous()

    def batch(count, rng):
        return to_pixels(Bouncing.sample(close, count, rng, SIDE, digits=1, speed=2.0).frames(range(frames)))

    return batch


@cache
def unseen():
    """Held-out films, (400, 14, 1, 32, 32)."""
    return films(KNOWN + AHEAD, held_out=True)(400, torch.Generator().manual_seed(1))


def run_of(kind, seed):
    torch.manual_seed(seed)
    recipe, game = next_frame.recipe(KNOWN + 1), next_frame.game((1, SIDE, SIDE), KNOWN + 1)
    game.adversarial = WEIGHTS[kind]
    stream, schedule = Stream(films(KNOWN + 1), recipe.batch, seed), "DG" if WEIGHTS[kind] else "G"
    return Falling(ROUNDS, game, stream, recipe.optimiser, schedule, ema=recipe.ema, engine=Engine("fp32", 1), seed=seed)


def begin():
    return {kind: run_of(kind, 0) for kind in WEIGHTS}


def look(game):
    """What the first held-out films go on with, ten frames each, as bytes, and what is measured of all."""
    known, future = unseen().split([KNOWN, AHEAD], dim=1)
    made = game.continued(known, AHEAD)
    ahead = [(made[:, k], future[:, k]) for k in range(AHEAD)]
    measures = {
        "psnr": [metrics.psnr(frames, truth) for frames, truth in ahead],
        "sharpness": [metrics.sharpness(frames) / metrics.sharpness(truth) for frames, truth in ahead],
        "off": [(middle(frames) - middle(truth)).norm(dim=1).mean().item() for frames, truth in ahead],
    }
    return to_bytes(made[:SHOWN].flatten(0, 1)), {what: [round(value, 4) for value in row] for what, row in measures.items()}


def middle(frames):
    """Where the middle of the ink is in frames (N, 1, H, W), x and y in pixels, (N, 2)."""
    ink = (frames[:, 0] + 1).clamp(min=1e-3)
    line = torch.arange(SIDE, dtype=ink.dtype)
    return torch.stack([(ink.sum(dim) * line).sum(1) for dim in (1, 2)], dim=1) / ink.sum((1, 2))[:, None]


def contest(task, folder):
    """What came of a kind and a seed: the film, what is known of the run, and the generator."""
    run = run_of(*task)
    film, about = played(run, ROUNDS, folder / "run", look)
    return film, about, run.shown.generator.state_dict()


def keep(found):
    recorded.write(
        "next_frame",
        configuration={"side": SIDE, "known": KNOWN, "rounds": ROUNDS, "weights": WEIGHTS, "data": "MNIST"},
        modules=["recordings.next_frame", "gan_edu.models.next_frame", "gan_edu.models.pix2pix", "gan_edu.data.drawn.motion"],
        beginnings=recorded.beginnings(begin),
        seeds=[{kind: found[kind, seed][1] for kind in WEIGHTS} for seed in SEEDS],
        weights=found["with an adversary", 0][2],
        snapshots={"truth": to_bytes(unseen()[:SHOWN].flatten(0, 1))},
        films={kind: found[kind, 0][0] for kind in WEIGHTS},
    )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    record = recorded.read("next_frame")
    game = next_frame.game((1, SIDE, SIDE), KNOWN + 1)
    game.generator.load_state_dict(record.weights)
    now, kept = look(game)[1], record.seeds[0]["with an adversary"]["measures"][-1]
    return {what: torch.tensor(values).mean().item() for what, values in now.items()}, {
        what: torch.tensor(values).mean().item() for what, values in kept.items()
    }
