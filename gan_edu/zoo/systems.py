"""The systems by name: how each is trained, and what is shown and measured of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, interpolate, l1_loss

from .. import judge, training
from ..data import Scenes, to_pixels
from ..data.examples import FILM, KINDS
from ..errors import DataError, file_errors
from ..metrics import features, frechet_distance, psnr, sharpness
from ..models import (
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
from ..networks import infer

SHOWN = 40  # held-out examples, in a picture
IN_LOSS = "Fréchet distance in the network of its own loss"


@dataclass(frozen=True)
class Evaluation:
    """What a system made of held-out examples, all in pixels (N, C, H, W).

    made: that. real: what it should look like, row by row if `matched`, since there is one right answer. given: what it was made
    from, as images. row: how many examples a row of a picture shows. numbers: further measures by name. distance: what the Fréchet
    distance is called.
    """

    made: Tensor
    real: Tensor
    matched: bool = False
    given: tuple[Tensor, ...] = ()
    row: int = 10
    numbers: dict[str, float] = field(default_factory=dict)
    distance: str = "Fréchet distance"

    def draw(self, path):
        """Writes all of it as a PNG: of each example what was given, what was made and, if there is such a thing, what was right.

        Raises DataError if that cannot be written.
        """
        from ..plots import tile  # here, since matplotlib takes a second

        columns = [*self.given, self.made, *[self.real] * self.matched]
        columns = [interpolate(part, self.real.shape[2:]).expand(self.real.shape) for part in columns]
        sheet = tile(torch.stack(columns, dim=1).flatten(0, 1), self.row * len(columns))
        with file_errors(DataError, path):
            Image.fromarray((255 * sheet).round().astype("uint8")).save(path, "PNG")

    def measures(self):
        """Numbers by name. The Fréchet distance is between the judge's features of what was made and of what is real."""
        real = adaptive_avg_pool2d(self.real, self.made.shape[2:])  # a first stage may make small images
        numbers = {self.distance: frechet_distance(features(self.made), features(real))}
        if self.matched:
            numbers |= {"L1": l1_loss(self.made, real).item(), "PSNR": psnr(self.made, real)}
        if self.matched and self.given:
            numbers["PSNR of what was given"] = psnr(self.given[-1].expand_as(real), real)
        return numbers | self.numbers


# What is played: from examples to recipes --------------------------------------------------------------------------------


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


def _evaluate_samples(games, examples, rng):
    return Evaluation(games[-1].sample(len(examples[0]), rng), examples[0])


def _evaluate_lapgan(games, examples, rng):
    return Evaluation(lapgan.sample(games, len(examples[0]), rng), examples[0])


def _evaluate_conditional(games, examples, rng):
    """Whether an image's class is the one asked for says the nearest mean of a class of real images, in the judge's features."""
    (real, labels), game = examples, games[-1]
    made = game.sample(labels, rng)
    seen, known = features(made), features(real)
    present, places = labels.unique(return_inverse=True)
    centres = torch.stack([known[places == k].mean(0) for k in range(len(present))])
    right = [(torch.cdist(part, centres).argmin(1) == places).float().mean().item() for part in (seen, known)]
    return Evaluation(made, real, row=min(game.classes, 20), numbers=dict(zip(("as asked", "so with real images"), right)))


def _evaluate_infogan(games, examples, rng):
    game, count = games[-1], len(examples[0])
    category = torch.arange(count, device=rng.device) % game.categories
    made = game.sample(category, game.code(count, rng)[1], rng)
    right = (game.read(made)[0].argmax(1) == category).float().mean().item()
    return Evaluation(made, examples[0], row=game.categories, numbers={"category read back": right})


def _evaluate_bigan(games, examples, rng):
    (real,), game = examples, games[-1]
    rebuilt = game.reconstruct(real)
    numbers = {"L1 of reconstructions": l1_loss(rebuilt, real).item()}
    return Evaluation(game.sample(len(real), rng), real, given=(real, rebuilt), row=4, numbers=numbers)


def _evaluate_super_resolution(games, examples, rng):
    """The second stage is trained on the judge's maps, so the judge's distance flatters it, and is named for that; sharpness, as a
    share of that of real images, is measured without the judge."""
    (real,), game = examples, games[-1]
    small = avg_pool2d(real, game.factor)
    made, given = game.enlarge(small), srgan.bicubic(small, game.factor)
    numbers = {"sharpness": sharpness(made.clamp(-1, 1)) / sharpness(real)}
    distance = IN_LOSS if isinstance(game, srgan.SRGAN) else Evaluation.distance
    return Evaluation(made, real, matched=True, given=(given,), row=4, numbers=numbers, distance=distance)


def _evaluate_stackgan(games, examples, rng):
    """Drawn scenes, which have wrong captions too, can be read: in how many images is each attribute that of the real one?"""
    real, captions, *scenes = examples
    made, numbers = games[-1].sample(captions, rng), {}
    if scenes:
        numbers = {name: right.float().mean().item() for name, right in Scenes.read(real).matched(made).items()}
    return Evaluation(made, real, given=(real,), row=5, numbers=numbers)


def _evaluate_translation(games, examples, rng):
    condition, real = examples[0].unbind(1)
    return Evaluation(games[-1].translate(condition), real, matched=True, given=(condition,), row=4)


def _evaluate_domains(games, examples, rng):
    (both, matched), game = examples, games[-1]
    a, b = both.unbind(1)
    made = game.translate(a, to="b")
    numbers = {"L1 there and back": l1_loss(game.translate(made, to="a"), a).item()}
    return Evaluation(made, b, bool(matched.all()), given=(b, game.translate(b, to="a"), a), row=3, numbers=numbers)


def _evaluate_next_frame(games, examples, rng):
    known, real = examples[0][:, :-1], examples[0][:, -1]
    return Evaluation(games[-1].translate(known.flatten(1, 2)), real, matched=True, given=known.unbind(1), row=2)


def _evaluate_denoising(games, examples, rng):
    (real,), game = examples, games[-1]
    spoilt = game.spoilt(real, rng)
    return Evaluation(game.translate(spoilt), real, matched=True, given=(spoilt,), row=4)


def _evaluate_semi_supervised(games, examples, rng):
    (real, labels), game = examples, games[-1]
    wrong = game.classify(real).argmax(1) != labels
    return Evaluation(game.sample(len(real), rng), real, numbers={"error": wrong.float().mean().item()})


def _evaluate_projection(games, examples, rng):
    """The image of the best of 1,000 latents is given, and moved towards what is wanted."""
    game, wanted = games[-1], examples[0][:SHOWN]
    start = projection.nearest(game.generator, game.latent.draw(1000, rng), wanted)[:, 0]
    search = projection.Projection(game.generator, start, wanted)
    training.play(search, None, **projection.SEARCH)
    return Evaluation(search.images(), wanted, matched=True, given=(infer(game.generator, start),), row=4)


@dataclass(frozen=True)
class System:
    """One system of the zoo.

    paper: authors and year. wants: one of `data.examples.KINDS`.
    stages: from `Examples` to recipes, whose games are played one after the other; a game is made from the shape of an image and the
        games of the stages before.
    evaluate: from the games so far, held-out examples (the first tensor in pixels) and a random generator to an `Evaluation`.
    sizes: of the images that it can make, pixels on a side.
    """

    paper: str
    wants: str
    stages: Callable
    evaluate: Callable
    sizes: tuple[int, ...] = (28, 32, 64, 128)


SYSTEMS = {
    "dcgan": System("Radford, Metz & Chintala 2016", "images", _for_images(dcgan), _evaluate_samples),
    "conditional": System("Mirza & Osindero 2014", "labelled images", _for_classes(conditional), _evaluate_conditional),
    "ac-gan": System("Odena, Olah & Shlens 2017", "labelled images", _for_classes(ac_gan), _evaluate_conditional),
    "infogan": System("Chen et al. 2016", "images", _for_images(infogan), _evaluate_infogan),
    "bigan": System("Donahue, Krähenbühl & Darrell 2017", "images", _for_images(bigan), _evaluate_bigan),
    "lapgan": System("Denton et al. 2015", "images", lambda examples: lapgan.stages(examples.shape), _evaluate_lapgan),
    "srgan": System("Ledig et al. 2017", "images", _srgan, _evaluate_super_resolution),
    "stackgan": System("Zhang et al. 2017", "captioned images", _stackgan, _evaluate_stackgan, sizes=(32, 64, 128)),
    "pix2pix": System("Isola et al. 2017", "pairs", _always(pix2pix.RECIPE), _evaluate_translation),
    "cyclegan": System("Zhu, Park et al. 2017", "two domains", _always(cyclegan.RECIPE), _evaluate_domains),
    "discogan": System("Kim et al. 2017", "two domains", _always(discogan.RECIPE), _evaluate_domains),
    "next-frame": System("Mathieu, Couprie & LeCun 2016", "films", _always(next_frame.recipe(FILM)), _evaluate_next_frame),
    "denoising": System("after Isola et al. 2017", "images", _always(denoising.RECIPE), _evaluate_denoising),
    "semi-supervised": System(
        "Salimans et al. 2016",
        "images, a few of them labelled",
        lambda examples: (semi_supervised.recipe(len(examples.names)),),
        _evaluate_semi_supervised,
    ),
    "projection": System("Zhu, Krähenbühl et al. 2016", "images", _for_images(projection), _evaluate_projection),
}


def summary():
    """The systems, with what they learn from and their papers, and how that lies in a folder of your own, line by line."""
    systems = [f"{name:16} {system.wants} ({system.paper})" for name, system in SYSTEMS.items()]
    folders = [f"{kind}: {folder}" for kind, (_, folder) in KINDS.items()]
    return "\n".join([*systems, "\nA folder of your own holds, for", *folders])
