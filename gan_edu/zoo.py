"""The zoo outside of notebooks: every system of this course by name, on named data or on your own, in a folder from which an
interrupted run goes on. `gan-edu train`, `gan-edu sample` and `gan-edu evaluate` are made of it.

    for stage, run in zoo.train(zoo.Order("pix2pix", "my/pairs"), "runs/x", rounds=2000):
        print(stage, run.done, run.history.seen[-1])
"""

import csv
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from textwrap import shorten

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, interpolate, l1_loss

from . import judge, training
from .data import Scenes, to_pixels
from .data.examples import FILM, KINDS, NAMES, load_examples
from .errors import CheckpointError, DataError, GameError, file_errors
from .metrics import features, frechet_distance, psnr
from .models import (
    ac_gan,
    bigan,
    conditional,
    cyclegan,
    dcgan,
    denoising,
    discogan,
    infogan,
    lapgan,
    next_frame,
    pix2pix,
    projection,
    semi_supervised,
    srgan,
    stackgan,
)
from .networks import infer

MEASURED = 1000  # held-out examples, at most
SHOWN = 40  # of them, in a picture


@dataclass(frozen=True)
class Answer:
    """What a system made of held-out examples, all in pixels (N, C, H, W).

    made: that. real: what it should look like, row by row if `matched`, since there is one right answer. given: what it was made
    from, as images. row: how many examples a row of a picture shows. numbers: further measures by name.
    """

    made: Tensor
    real: Tensor
    matched: bool = False
    given: tuple[Tensor, ...] = ()
    row: int = 10
    numbers: dict[str, float] = field(default_factory=dict)

    def draw(self, path):
        """Writes all of it as a PNG: of each example what was given, what was made and, if there is such a thing, what was right.

        Raises DataError if that cannot be written.
        """
        from .plots import tile  # here, since matplotlib takes a second

        columns = [*self.given, self.made, *[self.real] * self.matched]
        columns = [interpolate(part, self.real.shape[2:]).expand(self.real.shape) for part in columns]
        sheet = tile(torch.stack(columns, dim=1).flatten(0, 1), self.row * len(columns))
        with file_errors(DataError, path):
            Image.fromarray((255 * sheet).round().astype("uint8")).save(path, "PNG")

    def measures(self):
        """Numbers by name. The Fréchet distance is between the judge's features of what was made and of what is real."""
        real = adaptive_avg_pool2d(self.real, self.made.shape[2:])  # a first stage may make small images
        numbers = {"Fréchet distance": frechet_distance(features(self.made), features(real))}
        if self.matched:
            numbers |= {"L1": l1_loss(self.made, real).item(), "PSNR": psnr(self.made, real)}
        if self.matched and self.given:
            numbers["PSNR of what was given"] = psnr(self.given[-1].expand_as(real), real)
        return numbers | self.numbers


# What is played: from examples to recipes --------------------------------------------------------------------------------


def _lapgan(examples):
    return lapgan.stages(examples.shape)


def _srgan(examples):
    return srgan.stages(examples.shape, lambda images: judge.load(images.device).maps(images))


def _stackgan(examples):
    mean = to_pixels(examples.sources[0][0][:1000]).mean().item()
    return stackgan.stages(len(examples.names), mean)


def _for_images(model):
    return lambda examples: (model.recipe(examples.shape),)


def _for_classes(model):
    return lambda examples: (model.recipe(examples.shape, len(examples.names)),)


def _always(recipe):
    return lambda examples: (recipe,)


# What is shown and measured: from games and held-out examples to an answer -----------------------------------------------


def _sampled(games, examples, rng):
    return Answer(games[-1].sample(len(examples[0]), rng), examples[0])


def _pyramid(games, examples, rng):
    return Answer(lapgan.sample(games, len(examples[0]), rng), examples[0])


def _asked(games, examples, rng):
    """Whether an image's class is the one asked for says the nearest mean of a class of real images, in the judge's features."""
    (real, labels), game = examples, games[-1]
    made = game.sample(labels, rng)
    seen, known = features(made), features(real)
    present, places = labels.unique(return_inverse=True)
    centres = torch.stack([known[places == k].mean(0) for k in range(len(present))])
    right = [(torch.cdist(part, centres).argmin(1) == places).float().mean().item() for part in (seen, known)]
    return Answer(made, real, row=min(game.classes, 20), numbers=dict(zip(("as asked", "so with real images"), right)))


def _coded(games, examples, rng):
    game, count = games[-1], len(examples[0])
    category = torch.arange(count, device=rng.device) % game.categories
    made = game.sample(category, game.code(count, rng)[1], rng)
    right = (game.read(made)[0].argmax(1) == category).float().mean().item()
    return Answer(made, examples[0], row=game.categories, numbers={"category read back": right})


def _encoded(games, examples, rng):
    (real,), game = examples, games[-1]
    rebuilt = game.reconstruct(real)
    numbers = {"L1 of reconstructions": l1_loss(rebuilt, real).item()}
    return Answer(game.sample(len(real), rng), real, given=(real, rebuilt), row=4, numbers=numbers)


def _enlarged(games, examples, rng):
    (real,), game = examples, games[-1]
    small = avg_pool2d(real, game.factor)
    return Answer(game.enlarge(small), real, matched=True, given=(srgan.bicubic(small, game.factor),), row=4)


def _described(games, examples, rng):
    """Drawn scenes, which have wrong captions too, can be read: in how many images is each attribute that of the real one?"""
    real, captions, *scenes = examples
    made, numbers = games[-1].sample(captions, rng), {}
    if scenes:
        numbers = {name: right.float().mean().item() for name, right in Scenes.read(real).matched(made).items()}
    return Answer(made, real, given=(real,), row=5, numbers=numbers)


def _translated(games, examples, rng):
    condition, real = examples[0].unbind(1)
    return Answer(games[-1].translate(condition), real, matched=True, given=(condition,), row=4)


def _exchanged(games, examples, rng):
    (both, matched), game = examples, games[-1]
    a, b = both.unbind(1)
    made = game.translate(a, to="b")
    numbers = {"L1 there and back": l1_loss(game.translate(made, to="a"), a).item()}
    return Answer(made, b, bool(matched.all()), given=(b, game.translate(b, to="a"), a), row=3, numbers=numbers)


def _continued(games, examples, rng):
    known, real = examples[0][:, :-1], examples[0][:, -1]
    return Answer(games[-1].translate(known.flatten(1, 2)), real, matched=True, given=known.unbind(1), row=2)


def _denoised(games, examples, rng):
    (real,), game = examples, games[-1]
    spoilt = game.spoilt(real, rng)
    return Answer(game.translate(spoilt), real, matched=True, given=(spoilt,), row=4)


def _classified(games, examples, rng):
    (real, labels), game = examples, games[-1]
    wrong = game.classify(real).argmax(1) != labels
    return Answer(game.sample(len(real), rng), real, numbers={"error": wrong.float().mean().item()})


def _projected(games, examples, rng):
    """The image of the best of 1,000 latents is given, and moved towards what is wanted."""
    game, wanted = games[-1], examples[0][:SHOWN]
    start = projection.nearest(game.generator, game.latent.draw(1000, rng), wanted)[:, 0]
    search = projection.Projection(game.generator, start, wanted)
    training.play(search, None, **projection.SEARCH)
    return Answer(search.images(), wanted, matched=True, given=(infer(game.generator, start),), row=4)


@dataclass(frozen=True)
class System:
    """One system of the zoo.

    paper: authors and year. wants: one of `data.examples.KINDS`.
    stages: from `Examples` to recipes, whose games are played one after the other; a game is made from the shape of an image and the
        games of the stages before.
    answer: from the games so far, held-out examples (the first tensor in pixels) and a random generator to an `Answer`.
    sizes: of the images that it can make, pixels on a side.
    """

    paper: str
    wants: str
    stages: Callable
    answer: Callable
    sizes: tuple[int, ...] = (28, 32, 64, 128)


SYSTEMS = {
    "dcgan": System("Radford, Metz & Chintala 2016", "images", _for_images(dcgan), _sampled),
    "conditional": System("Mirza & Osindero 2014", "labelled images", _for_classes(conditional), _asked),
    "ac-gan": System("Odena, Olah & Shlens 2017", "labelled images", _for_classes(ac_gan), _asked),
    "infogan": System("Chen et al. 2016", "images", _for_images(infogan), _coded),
    "bigan": System("Donahue, Krähenbühl & Darrell 2017", "images", _for_images(bigan), _encoded),
    "lapgan": System("Denton et al. 2015", "images", _lapgan, _pyramid),
    "srgan": System("Ledig et al. 2017", "images", _srgan, _enlarged),
    "stackgan": System("Zhang et al. 2017", "captioned images", _stackgan, _described, sizes=(32, 64, 128)),
    "pix2pix": System("Isola et al. 2017", "pairs", _always(pix2pix.RECIPE), _translated),
    "cyclegan": System("Zhu, Park et al. 2017", "two domains", _always(cyclegan.RECIPE), _exchanged),
    "discogan": System("Kim et al. 2017", "two domains", _always(discogan.RECIPE), _exchanged),
    "next-frame": System("Mathieu, Couprie & LeCun 2016", "films", _always(next_frame.recipe(FILM)), _continued),
    "denoising": System("after Isola et al. 2017", "images", _always(denoising.RECIPE), _denoised),
    "semi-supervised": System(
        "Salimans et al. 2016",
        "images, a few of them labelled",
        lambda examples: (semi_supervised.recipe(len(examples.names)),),
        _classified,
    ),
    "projection": System("Zhu, Krähenbühl et al. 2016", "images", _for_images(projection), _projected),
}


def summary():
    """The systems, with what they learn from and their papers, and how that lies in a folder of your own, line by line."""
    systems = [f"{name:16} {system.wants} ({system.paper})" for name, system in SYSTEMS.items()]
    folders = [f"{kind}: {folder}" for kind, (_, folder) in KINDS.items()]
    return "\n".join([*systems, "\nA folder of your own holds, for", *folders])


# A run in a folder -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """What tells one run from another: a system's name, its data by name or path, the images' size, the batch and the seed. Size and
    batch are the data's and the recipe's own if they are not given."""

    system: str
    data: str
    size: int | None = None
    batch: int | None = None
    seed: int = 0

    def examples(self):
        """What to learn from. Raises GameError for a system or a size that there is not, DataError if the data are not fit."""
        if self.system not in SYSTEMS:
            raise GameError(f"there is no system {self.system!r}; there are {', '.join(SYSTEMS)}.")
        system = SYSTEMS[self.system]
        self._fits(system, self.size or system.sizes[0])
        examples = load_examples(system.wants, self.data, self.size)
        self._fits(system, examples.shape[1])
        return examples

    def _fits(self, system, size):
        if size not in system.sizes:
            sizes = f"{', '.join(map(str, system.sizes[:-1]))} or {system.sizes[-1]}"
            raise GameError(f"{self.system} makes images of {sizes} pixels on a side, not of {size}.")


def train(order, folder, rounds=2000, every=200, device="cpu", say=print):
    """Plays every stage of a system for that many rounds, and goes on where the folder says that it was interrupted. Gives, after
    every round and at the end of every stage, its number (from 1 on) and its `Run`. `say` is told what is learned from.

    Written every `every` rounds and after the last of stage k: stage<k>.pt, the checkpoint; stage<k>.csv, costs (means since the row
    before) and measures; samples/<k>-<round>.png. Ctrl-C leaves a checkpoint too. Of several processes, which play one game as in
    `training.play`, the first writes.

    Raises what `Order.examples` raises, and CheckpointError if the folder holds another run, or the data have changed since.
    """
    folder, examples = Path(folder).expanduser(), order.examples()
    data = order.data if order.data in NAMES else str(Path(order.data).expanduser().resolve())
    _claim(folder, replace(order, data=data, size=examples.shape[1]), examples)
    say(examples.about)
    system, games = SYSTEMS[order.system], []
    for k, recipe in enumerate(system.stages(examples), 1):
        torch.manual_seed(order.seed)
        game = recipe.game(examples.shape, *games).to(device)
        size = order.batch or min(recipe.batch, *(len(source[0]) for source in examples.sources))
        if size % training.processes():
            raise GameError(f"{training.processes()} processes cannot share a batch of {size}: choose a multiple of that.")
        batches = examples.batches(size, order.seed, device, recipe.prepare)
        run = training.Run(game, batches, recipe.optimiser, recipe.schedule, ema=recipe.ema, seed=order.seed)
        answer = partial(examine, system, examples=examples, seed=order.seed)
        look = partial(_look, run, answer, tuple(games), folder / "samples" / f"{k}-")
        for _ in run.play(rounds, look, every, folder / f"stage{k}.pt"):
            if run.history.seen[-1][0] == run.done:
                _log(folder / f"stage{k}.csv", run.history)
                training.share_buffers(run)
            yield k, run
        if run.done > rounds:
            say(f"stage {k} holds {run.done} rounds; {rounds} were asked for: nothing to do.")
        yield k, run
        games.append(run.shown)


def _look(run, answer, before, pictures, game, shown):
    """Draws a picture, and returns measures."""
    picture = answer([*before, shown], count=SHOWN)  # in every process: to search for latents is a game, which all play
    if training.first_process():
        picture.draw(f"{pictures}{run.done:06}.png")
    return answer([*before, shown]).measures()


def examine(system, games, examples, count=None, seed=0):
    """A system's `Answer` to that many held-out examples, begun again where they end; to all, at most `MEASURED`, without a count."""
    there = len(examples.held_out[0])
    rows = torch.arange(count or min(there, MEASURED)) % there
    device = next(games[-1].parameters()).device
    first, *others = (tensor[rows].to(device) for tensor in examples.held_out)
    return system.answer(games, (to_pixels(first), *others), torch.Generator(device).manual_seed(seed))


def _claim(folder, order, examples):
    """Makes a folder the one of this run, if nothing that another has learned is in it."""
    with file_errors(CheckpointError, folder, "read"):
        begun = any(folder.glob("stage*.pt"))
    if begun:
        found, digest = _order(folder)
        if found != order:
            others = [f"{name} {was}" for name, was in asdict(found).items() if was != getattr(order, name)]
            raise CheckpointError(
                f"{folder} holds another run, of {', '.join(others)}: choose another folder, or ask for the same."
            )
        _same(folder, order, digest, examples)
    if training.first_process():
        with file_errors(CheckpointError, folder, "written to"):
            (folder / "samples").mkdir(parents=True, exist_ok=True)
            if not begun or not digest:
                config = asdict(order) | {"examples": _digest(order, examples)}
                (folder / "config.json").write_text(json.dumps(config, indent=4))


def _order(folder):
    """What a folder's run was asked for, and the digest of its examples; empty if it was begun before there were any."""
    path = folder / "config.json"
    with file_errors(CheckpointError, folder, "read"):
        written = path.read_bytes() if path.is_file() else b""
    try:
        config = json.loads(written)
        digest = config.pop("examples", {})
        return Order(**config), digest
    except (ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{folder} holds no run: give the folder that `gan-edu train` was given with --out.") from error


def _digest(order, examples):
    """The digest of examples, without the bytes of named ones: what is drawn differs by a rounding from processor to processor."""
    return {key: value for key, value in examples.digest().items() if key != "sha256" or order.data not in NAMES}


def _same(folder, order, was, examples):
    """Raises CheckpointError if the examples are no longer those that a run has learned from."""
    now = _digest(order, examples)
    changed = next((key for key in now if was.get(key, now[key]) != now[key]), None)
    if changed:
        before, after = (shorten(", ".join(map(str, digest[changed])), 100, placeholder=" …") for digest in (was, now))
        what = "images are others" if changed == "sha256" else f"{changed} were {before} and are {after}"
        raise CheckpointError(
            f"{order.data} has changed since {folder} learned from it: the {what}. Choose another folder, or bring the data back."
        )


def _log(path, history):
    """Costs, as means since the row before, and measures: a row for each look."""
    if not training.first_process():
        return
    with file_errors(CheckpointError, path), path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["round", *history.costs, *history.seen[0][1]])
        for (before, _), (now, measures) in zip([(0, {}), *history.seen], history.seen):
            costs = [fmean(values[before:now]) if values[before:now] else "" for values in history.costs.values()]
            rows.writerow([now, *costs, *measures.values()])


def restore(folder, device="cpu"):
    """What `train` left in a folder: the system, the games of the stages so far, as they are to be looked at, and the examples. Raises
    CheckpointError if there is nothing, or if the data have changed since."""
    folder = Path(folder).expanduser()
    order, digest = _order(folder)
    examples, system, games = order.examples(), SYSTEMS[order.system], []
    _same(folder, order, digest, examples)
    for k, recipe in enumerate(system.stages(examples), 1):
        if (folder / f"stage{k}.pt").exists():
            games.append(recipe.game(examples.shape, *games).to(device))
            weights = training.played(folder / f"stage{k}.pt")
            try:
                games[-1].load_state_dict(weights)
            except RuntimeError as error:
                raise CheckpointError(
                    f"{folder / f'stage{k}.pt'} belongs to another run: its networks are not what the data ask for now. Put the "
                    "classes back that it has learned from, or train in another folder."
                ) from error
    if not games:
        raise CheckpointError(f"{folder} holds no checkpoint yet: let `gan-edu train` play on for a while.")
    return system, games, examples
