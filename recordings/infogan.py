"""Do categories that nobody named become classes? InfoGAN with and without its information term, recorded for notebook 10.

The recipe of `models/infogan.py` on MNIST, fp32, one thread, and with weight 0; and as it is on the clothes of Fashion-MNIST. Read:
the share of 5,000 held-out images whose category is matched with their class, one to one. Made: the same of 2,000 generated digits and
the class that the judge sees. It knows no clothes, and for these there is a table of classes and categories instead.
Beside both stand the groups that k-means finds in the pixels.
"""

import torch
from sklearn.cluster import KMeans

from gan_edu import data, judge, metrics
from gan_edu.course import recorded
from gan_edu.data import to_bytes
from gan_edu.engine import Engine
from gan_edu.models import infogan
from gan_edu.training import Run

from .playing import real

ROUNDS = 3600
PLAYED = {"infogan": ("mnist", 0.03, 5), "infogan_without": ("mnist", 0.0, 5), "infogan_clothes": ("fashion", 0.03, 3)}
"""Of each record the data, the weight of the information term, and the number of seeds."""
TASKS = [(record, seed) for record, (_, _, seeds) in PLAYED.items() for seed in range(seeds)]
TESTED = 5000


def run_of(record, seed):
    of, weight, _ = PLAYED[record]
    images = real(data.load(of))
    recipe = infogan.recipe(images.shape)
    torch.manual_seed(seed)
    game = infogan.game(images.shape, weight=weight)
    batches, engine = images.batches(recipe.batch, seed), Engine("fp32", threads=1)
    return Run(game, batches, recipe.optimiser, ema=recipe.ema, engine=engine, seed=seed)


def begin():
    return {record: run_of(record, 0) for record in PLAYED}


def read(game, images):
    """The categories that a game reads in the first held-out images, and their classes."""
    category, _ = game.read(images.held_out.pixels(slice(TESTED)))
    return category.argmax(1), images.held_out.labels[:TESTED]


def examined(game):
    """How well its categories are digits: of held-out ones that it reads, of those that it makes; and how good these are."""
    held_out, rng = data.load("mnist").held_out, torch.Generator().manual_seed(0)
    category, continuous = game.code(2000, rng)
    made = game.sample(category, continuous, rng)
    distance = metrics.frechet_distance(metrics.features(made), metrics.features(held_out.images[:2000]))
    found = {
        "read": metrics.matched_accuracy(*read(game, data.load("mnist")))[0],
        "made": metrics.matched_accuracy(category, judge.load()(made).argmax(1))[0],
        "distance": distance,
    }
    return {what: round(value, 4) for what, value in found.items()}


def examined_on_clothes(game):
    """How well its categories are classes of clothes."""
    return matched(*read(game, data.load("fashion")))


def matched(category, classes):
    """The share of categories that are matched with their class, and how many of each class are in each category."""
    return {
        "read": round(metrics.matched_accuracy(category, classes)[0], 4),
        "classes by category": torch.bincount(10 * classes + category, minlength=100).view(10, 10).tolist(),
    }


def examiner(record):
    """What measures the games of a record."""
    return examined_on_clothes if PLAYED[record][0] == "fashion" else examined


def groups(of):
    """The same of ten groups that k-means finds in 10,000 training images, the best of ten starts, for three seeds."""
    images = data.load(of)
    known, new = (part.flatten(1).numpy() for part in (images.images[:10_000], images.held_out.images[:TESTED]))
    found = (KMeans(10, n_init=10, random_state=seed).fit(known).predict(new) for seed in range(3))
    return [matched(torch.as_tensor(each).long(), images.held_out.labels[:TESTED]) for each in found]


def sheet(game):
    """Ten images of each category, a category a row; in a row the continuous code goes from -1 to 1, as bytes."""
    category = torch.arange(game.categories).repeat_interleave(10)
    continuous = torch.linspace(-1, 1, 10).repeat(game.categories)[:, None].expand(-1, game.continuous)
    return to_bytes(game.sample(category, continuous, torch.Generator().manual_seed(0)))


def contest(task, folder):
    """What came of one run: its measures, its sheet and its weights."""
    run = run_of(*task)
    for _ in run.play(ROUNDS):
        pass
    return examiner(task[0])(run.shown), sheet(run.shown), run.shown.state_dict()


def keep(found):
    beginnings = recorded.beginnings(begin)
    for record, (of, weight, seeds) in PLAYED.items():
        measures, sheets, weights = zip(*(found[record, seed] for seed in range(seeds)))
        configuration = {"recipe": "infogan", "data": of, "rounds": ROUNDS, "weight": weight, "precision": "fp32"}
        recorded.write(
            record,
            configuration=configuration | ({"classes": data.load(of).classes, "k-means": groups(of)} if weight else {}),
            modules=["recordings.infogan", "gan_edu.models.infogan", "gan_edu.models.gan"],
            beginnings={record: beginnings[record]},
            seeds=list(measures),
            weights=weights[0] if weight else None,
            snapshots={"categories": sheets[0]},
        )


def remeasured():
    """What is measured of the weights of seed 0 that are kept, beside what was measured when it was played."""
    found = []
    for name in ("infogan", "infogan_clothes"):
        record = recorded.read(name)
        game = infogan.game(data.load(PLAYED[name][0]).shape)
        game.load_state_dict(record.weights)
        found.append((examiner(name)(game), record.seeds[0]))
    (digits, kept), (clothes, kept_of_clothes) = found
    return digits | {"clothes": clothes["read"]}, kept | {"clothes": kept_of_clothes["read"]}
