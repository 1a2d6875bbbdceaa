"""Photographs four times larger, with more time: SRResNet and SRGAN on flowers, recorded for notebook 11.

Oxford's seventeen kinds of flowers, 1,224 training and 136 held-out photographs of 128×128 pixels, and the means over 4×4 of these.
Eight residual blocks of 64 channels learn from pieces of 64×64, mirrored or not, 16 in a batch, bf16, one thread: first by squared
error, and from there by the content loss, alone and with the game, for as many rounds each. Content is what the judge of photographs
sees in its first two stages; the game's discriminator sees pixels. In each run the rates fall to nothing over the second half.

Measured on the held-out photographs: PSNR (dB); sharpness, power above half the Nyquist frequency, the originals 1; and the Fréchet
distance between the quarters of what was made and of the originals, in what the judge sees, who is in the loss, and in what the second
judge sees, whom no training here knows. The second judge also says how many it takes for their kind.
"""

import copy
from functools import cache, partial

import torch
from torch.nn.functional import avg_pool2d

from gan_edu import judge, metrics
from gan_edu.course import recorded
from gan_edu.data import Stream, load, to_bytes, to_pixels
from gan_edu.engine import Engine
from gan_edu.models.recipe import adam
from gan_edu.models.srgan import SRGAN, SuperResolution, bicubic
from gan_edu.networks import dcgan_discriminator, infer, upsampler

from .hours import Falling, played
from .playing import real

SIDE, PIECE, BATCH, LOOKS = 128, 64, 16, 8
FIRST, SECOND = 2_000, 1_000  # rounds of squared error, and of what follows
WEIGHTS = {"content alone": 0.0, "SRGAN": 0.03}  # the game's
TASKS = [(seed,) for seed in range(3)]


@cache
def flowers():
    """The photographs, read once in each process, and nothing that stands in for them."""
    return real(load("flowers", SIDE))


def pieces(photographs, count, rng):
    """Pieces (count, 3, 64, 64) of training photographs, from anywhere in them, every other one mirrored."""
    which = torch.randint(len(photographs), (count,), generator=rng)
    corners = torch.randint(SIDE - PIECE + 1, (count, 2), generator=rng)
    cut = [photographs.images[k, :, y : y + PIECE, x : x + PIECE] for k, (y, x) in zip(which, corners.tolist())]
    cut[::2] = [piece.flip(2) for piece in cut[::2]]
    return to_pixels(torch.stack(cut))


def generator():
    """Fresh, for what bicubic interpolation lacks."""
    return upsampler(3, 3, doublings=2, width=64, blocks=8)


@cache
def eyes(precision):
    """The judge of photographs in that precision."""
    return copy.deepcopy(judge.load(colour=True)).to(precision)


def content(images):
    """What its first two stages see, in a row."""
    return torch.cat([each.flatten(1) for each in eyes(torch.get_default_dtype()).maps(images)[:2]], dim=1)


def run_of(kind, seed, start=None):
    """A run of squared error, or from the generator `start` of one of the others."""
    torch.manual_seed(seed)
    if kind == "squared error":
        game, optimiser, rounds, ema = SuperResolution(generator()), adam(5e-4, 0.9, 0.99), FIRST, 0.995
    else:
        discriminator = dcgan_discriminator(3, PIECE, width=32, refine=1)
        start = generator() if start is None else copy.deepcopy(start).requires_grad_()
        game, optimiser, rounds, ema = SRGAN(start, discriminator, content, WEIGHTS[kind]), adam(2e-4, 0.0, 0.99), SECOND, 0.99
    batches = Stream(partial(pieces, flowers()), BATCH, seed + 1000 * (kind != "squared error"))
    schedule = "DG" if WEIGHTS.get(kind) else "G"
    return Falling(rounds, game, batches, optimiser, schedule, ema=ema, engine=Engine("bf16", threads=1), seed=seed)


def begin():
    """Content alone differs from SRGAN in nothing but the weight, and in who plays."""
    return {kind: run_of(kind, 0) for kind in ("squared error", "SRGAN")}


def quarters(images):
    """(N, C, H, H) to (4 N, C, H / 2, H / 2)."""
    return torch.cat([part for half in images.chunk(2, dim=2) for part in half.chunk(2, dim=3)])


def judges():
    """The one who is in the loss, and the one who is not."""
    return judge.load(colour=True), judge.load(colour=True, second=True)


@cache
def seen():
    """What the two judges see in the quarters of the held-out photographs."""
    return [each.features(quarters(flowers().held_out.pixels())) for each in judges()]


def distances(images):
    """From the held-out photographs, quarter by quarter, in what each of the two judges sees."""
    apart = [metrics.frechet_distance(each.features(quarters(images)), there) for each, there in zip(judges(), seen())]
    return dict(zip(("distance in the loss's eyes", "distance"), apart))


def against(images):
    """What images have in common with the held-out photographs that they are to restore."""
    held_out, images = flowers().held_out, images.clamp(-1, 1)
    named = infer(judges()[1], images)[:, judge.ColourJudge.FLOWERS].argmax(1)
    found = {
        "PSNR": metrics.psnr(images, held_out.pixels()),
        "sharpness": metrics.sharpness(images) / metrics.sharpness(held_out.pixels()),
        "kind": (named == held_out.labels).float().mean().item(),
    } | distances(images)
    return {what: round(value, 4) for what, value in found.items()}


def look(game):
    """What is measured; no pictures are kept, for they would be photographs."""
    made = game.enlarge(avg_pool2d(flowers().held_out.pixels(), game.factor))
    return to_bytes(made[:0]), against(made)


def contest(task, folder):
    """What came of a seed: for each way to train what is known of the run, and the generator."""
    (seed,) = task
    found, start = {}, None
    for kind in ("squared error", *WEIGHTS):
        run = run_of(kind, seed, start)
        _, about = played(run, run.rounds, folder / kind, look, LOOKS)
        found[kind] = about, run.shown.generator.state_dict()
        start = start or run.shown.generator
    return found


def keep(found):
    photographs = flowers().held_out.pixels()
    beside = {"bicubic": against(bicubic(avg_pool2d(photographs, 4), 4)), "the originals": against(photographs)}
    beside["training photographs"] = {what: round(value, 4) for what, value in distances(flowers().pixels()).items()}
    recorded.write(
        "super_resolution",
        configuration={"side": SIDE, "rounds": [FIRST, SECOND], "batch": BATCH, "weights": WEIGHTS, "beside": beside},
        modules=["recordings.super_resolution", "gan_edu.models.srgan", "gan_edu.networks.dcgan"],
        beginnings=recorded.beginnings(begin),
        seeds=[{kind: about for kind, (about, _) in found[task].items()} for task in TASKS],
        weights={f"{kind}.{key}": value for kind, (_, weights) in found[TASKS[0]].items() for key, value in weights.items()},
    )


def restorer(kind):
    """The game of squared error, whose generator is the one that is kept of this kind."""
    weights = recorded.read("super_resolution").weights
    game = SuperResolution(generator())
    game.generator.load_state_dict(
        {key.removeprefix(f"{kind}."): value for key, value in weights.items() if key.startswith(kind)}
    )
    return game


def remeasured():
    """What is measured of the last generator that is kept, beside what was measured when it was played."""
    return look(restorer("SRGAN"))[1], recorded.read("super_resolution").seeds[0]["SRGAN"]["measures"][-1]
