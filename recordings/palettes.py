"""Which of the maps that close every cycle is found? CycleGAN on house fronts whose label maps are painted in three ways, recorded for
notebook 12.

CMP facades at 64×64: 200 label maps, and the photographs of 200 other houses; 100 held-out pairs. The label maps have the archive's
colours, in which a window is lighter than a wall; the negatives of these; and colours that are all equally bright. Residual
translators without a way around the bottleneck, six blocks, from 16 channels on, with the identity term; batches of 4, bf16, one
thread, rates that fall to nothing over the second half. Seed 0 has 100 passes with the archive's palette and with its negative; seeds
1 and 2, and all seeds of the third palette, have a third of these.

Measured on the held-out pairs, from label map to photograph: shuffled, the mean absolute error as a share of that to another house's
photograph; light, how the translation's brightness goes with the photograph's, pixel by pixel, as a correlation; palette, how it goes
with the label map's; and the Fréchet distance to the photographs in what the second judge sees. From photograph to label map: classes,
the share of pixels whose nearest colour is that of the right class, and of the class at that place of another house. Of both: the
errors of the cycles, and that of the photographs' when only pure colours may pass.
"""

from functools import cache, partial

import torch
from torch.nn.functional import avg_pool2d

from gan_edu import judge, metrics
from gan_edu.course import recorded
from gan_edu.data import Batches, load_pairs, to_bytes, to_pixels
from gan_edu.engine import Engine
from gan_edu.models.cyclegan import CycleGAN
from gan_edu.models.recipe import adam
from gan_edu.networks import patchgan, residual_translator

from .facades import apart, together
from .hours import Falling, played
from .playing import real

SIDE, PASSES, BATCH, SHOWN, LOOKS, RATE = 64, 100, 4, 8, 10, 5e-4
SHAPE = (3, SIDE, SIDE)
PALETTES = ("published", "negative", "neutral")
SEEDS = range(3)
TASKS = [(palette, seed) for seed in SEEDS for palette in PALETTES]
WHOLE = [("published", 0), ("negative", 0)]  # tasks of all passes


@cache
def houses():
    """Label maps and photographs, uint8 (N, 3, 128, 128): training pairs and held-out ones."""
    pairs = real(load_pairs("facades", 2 * SIDE))
    return pairs.pairs.unbind(1), pairs.held_out.pairs.unbind(1)


@cache
def colours():
    """For each palette the colours of the twelve classes, (12, 3), as bytes."""
    packed = houses()[0][0].int().mul(torch.tensor([1 << 16, 1 << 8, 1]).view(3, 1, 1)).sum(1).unique()
    published = torch.stack([packed >> 16, packed >> 8 & 255, packed & 255], dim=1).to(torch.uint8)
    angle = 2 * torch.pi * torch.arange(len(published)) / len(published)
    blue, red = 0.25 * angle.cos(), 0.25 * angle.sin()  # differences from a grey of 0.5 that leave its brightness as it is
    neutral = 0.5 + torch.stack([1.402 * red, -0.344 * blue - 0.714 * red, 1.772 * blue], dim=1)
    return {"published": published, "negative": 255 - published, "neutral": (255 * neutral).round().to(torch.uint8)}


def classes(labels):
    """The class of every pixel of the archive's label maps: bytes (N, 3, H, W) to (N, H, W)."""
    return (labels.movedim(1, -1).unsqueeze(-2) == colours()["published"]).all(-1).to(torch.uint8).argmax(-1)


def repainted(labels, palette):
    """Label maps in the colours of that palette, in pixels of half the side."""
    return small(colours()[palette][classes(labels)].movedim(-1, 1))


def nearest(images, palette):
    """The class whose colour is nearest: pixels (N, 3, H, W) to (N, H, W)."""
    pixels = images.movedim(1, -1)
    return torch.cdist(pixels.flatten(0, 2), to_pixels(colours()[palette])).argmin(1).view(pixels.shape[:3])


def purified(images, palette):
    """With each pixel in the colour that is nearest, so that nothing can be written between the colours."""
    return to_pixels(colours()[palette])[nearest(images, palette)].movedim(-1, 1)


def small(images):
    """Bytes as pixels of half the side."""
    return avg_pool2d(to_pixels(images), 2)


def unpaired(palette, seed):
    """Label maps of the first half of the houses, and photographs of the second."""
    labels, photographs = houses()[0]
    half = len(labels) // 2
    return Batches(repainted(labels[:half], palette), small(photographs[half:]), size=BATCH, seed=seed)


def rounds_of(palette, seed):
    """Those of all passes, or of a third of them."""
    rounds = PASSES * len(houses()[0][0]) // 2 // BATCH
    return rounds if (palette, seed) in WHOLE else rounds // 3


def run_of(palette, seed):
    torch.manual_seed(seed)
    translators = [residual_translator(3, 3) for _ in "ab"]
    game = CycleGAN(*translators, *[patchgan(3, 32) for _ in "ab"], SHAPE, SHAPE, same=2.5)
    return Falling(
        rounds_of(palette, seed),
        game,
        unpaired(palette, seed),
        adam(RATE, 0.5, 0.99),
        ema=0.995,
        engine=Engine("bf16", 1),
        seed=seed,
    )


def begin():
    """Of one palette alone: the others differ from it in nothing but the label maps' colours."""
    return {"published": run_of("published", 0)}


def look(palette, game):
    """The first held-out label maps translated, as bytes, and what is measured of all pairs."""
    labels, photographs = houses()[1]
    labels, photographs = repainted(labels, palette), small(photographs)
    made, maps = game.translate(labels, "b"), game.translate(photographs, "a")
    found, right = nearest(maps, palette), nearest(labels, palette)
    eyes = judge.load(colour=True, second=True)
    measures = {
        "shuffled": apart(made, photographs) / apart(photographs.roll(1, 0), photographs),
        "light": together(photographs, made),
        "palette": together(labels, made),
        "distance": metrics.frechet_distance(eyes.features(made), eyes.features(photographs)),
        "classes": (found == right).float().mean().item(),
        "classes, shuffled": (found == right.roll(1, 0)).float().mean().item(),
        "cycle, labels": apart(game.translate(made, "a"), labels),
        "cycle": apart(game.translate(maps, "b"), photographs),
        "cycle over pure colours": apart(game.translate(purified(maps, palette), "b"), photographs),
    }
    return to_bytes(made[:SHOWN]), {what: round(value, 4) for what, value in measures.items()}


def contest(task, folder):
    """What came of one run: the film, what is known of it, and its translators."""
    palette, seed = task
    run = run_of(palette, seed)
    film, about = played(run, run.rounds, folder / "run", partial(look, palette), LOOKS if task in WHOLE else LOOKS // 3)
    return film, about | {"palette": palette, "seed": seed}, run.shown.generator.state_dict()


def keep(found):
    recorded.write(
        "palettes",
        configuration={"side": SIDE, "passes": PASSES, "batch": BATCH, "rate": RATE},
        modules=["recordings.palettes", "gan_edu.models.cyclegan", "gan_edu.networks.translation"],
        beginnings=recorded.beginnings(begin),
        seeds=[found[task][1] for task in TASKS],
        weights=found["negative", 0][2],
        snapshots={f"{palette} {seed}": found[palette, seed][0][-1] for palette, seed in TASKS},
    )


def remeasured():
    """What is measured of the weights that are kept, beside what was measured when they were played."""
    record, kept = recorded.read("palettes"), ("negative", 0)
    game = run_of(*kept).shown
    game.generator.load_state_dict(record.weights)
    then = next(seed for seed in record.seeds if (seed["palette"], seed["seed"]) == kept)
    return look(kept[0], game)[1], then["measures"][-1]
