"""The clinic: runs of one plain PyTorch script, each with one fault, to be diagnosed from their plots. Used in notebooks 08 and 16.

`script` is healthy, and no game of this course: it has a loop, two optimisers and two `backward()` of its own, as most scripts have,
so that what a `Game` rules out can go wrong in it; `autoencoder` is another, with an adversary beside a squared error. A disease
replaces a line or two of its source. Nothing else differs between two patients, not even the seed.
"""

import inspect
import textwrap
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus
from torch.optim import Adam

from .. import data, plots
from ..engine import threads
from ..errors import CourseError
from ..metrics import frechet_distance
from ..networks import mlp


def script(images, rounds):
    """Trains a small GAN on images (N, 64), bytes, and shows what it makes: (log, pixels, samples, generator, discriminator).

    The log holds six numbers a round: costs of D and G, mean D(x) and D(G(z)), norms of the gradients of D and G.
    """

    def new_generator():
        hidden = [nn.Linear(16, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 128), nn.BatchNorm1d(128), nn.ReLU()]
        return nn.Sequential(*hidden, nn.Linear(128, 64), nn.Tanh())

    def gradient_norm(network):
        return torch.cat([parameter.grad.flatten() for parameter in network.parameters()]).norm()

    pixels = images / 127.5 - 1
    generator = new_generator()
    discriminator = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1))
    for parameter in discriminator.parameters():
        nn.init.normal_(parameter, std=0.05)
    g_optimiser = Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    d_optimiser = Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    bce, ones, zeros = nn.BCEWithLogitsLoss(), torch.ones(64, 1), torch.zeros(64, 1)
    log = []

    for _ in range(rounds):
        real = pixels[torch.randint(len(pixels), (64,))]
        fake = generator(torch.randn(64, 16))
        d_optimiser.zero_grad()
        on_real, on_fake = discriminator(real), discriminator(fake.detach())
        d_cost = bce(on_real, ones) + bce(on_fake, zeros)
        d_cost.backward()
        d_norm = gradient_norm(discriminator)
        d_optimiser.step()

        fake = generator(torch.randn(64, 16))
        g_optimiser.zero_grad()
        g_cost = bce(discriminator(fake), ones)
        g_cost.backward()
        g_norm = gradient_norm(generator)
        g_optimiser.step()

        answers = on_real.sigmoid().mean(), on_fake.sigmoid().mean()
        log.append([number.item() for number in (d_cost, g_cost, *answers, d_norm, g_norm)])

    saved = generator.state_dict()
    loaded = new_generator()
    loaded.load_state_dict(saved, strict=False)
    samples = loaded.eval()(torch.randn(1000, 16))
    return log, pixels, samples.detach(), generator, discriminator


def autoencoder(images, rounds):
    """Trains an autoencoder of images (N, 64), bytes, by squared error and an adversary: (log, pixels, what is drawn, D's way).

    The log holds four rows: D's cost, the adversarial cost, the squared error, and the adversary's share of the gradient at the drawn
    image, by the error's. D's way is the distance from its first parameters to its last.
    """
    pixels = images / 127.5 - 1
    inwards = [nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 4)]
    outwards = [nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 64), nn.Tanh()]
    network = nn.Sequential(*inwards, *outwards)
    discriminator = mlp(64, 128, 128, 1)
    begun = nn.utils.parameters_to_vector(discriminator.parameters()).detach()
    optimiser = Adam(network.parameters(), lr=1e-3, betas=(0.5, 0.99))
    d_optimiser = Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.99))
    log = []
    for _ in range(rounds):
        wanted, others = (pixels[torch.randint(len(pixels), (64,))] for _ in range(2))
        drawn = network(wanted)
        d_optimiser.zero_grad()
        d_cost = softplus(-discriminator(others)).mean()
        d_cost = d_cost + softplus(discriminator(drawn.detach())).mean()
        d_cost.backward()
        d_optimiser.step()

        optimiser.zero_grad()
        error = (drawn - wanted).square().mean()
        fooled = softplus(-discriminator(drawn)).mean()
        by_error = torch.autograd.grad(error, drawn, retain_graph=True)[0].norm()
        by_adversary = torch.autograd.grad(fooled, drawn, retain_graph=True, materialize_grads=True)[0].norm()
        weight = (by_error / by_adversary).item()
        (error + weight * fooled).backward()
        optimiser.step()
        share = weight * by_adversary / by_error
        log.append([number.item() for number in (d_cost, fooled, error, share)])
    moved = nn.utils.parameters_to_vector(discriminator.parameters()).detach() - begun
    return np.array(log).T, pixels, network(pixels).detach(), moved.norm().item()


@dataclass(frozen=True)
class Disease:
    """What is wrong with a script, and how that would show.

    changes: pairs (right line, wrong line) of `script`. sign: what one would see, beside what is seen; a format string over
    `Chart.findings`.
    """

    changes: tuple[tuple[str, str], ...]
    sign: str


G_COST = "g_cost = bce(discriminator(fake), ones)"
G_MOVES = "g_optimiser = Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.99))"
D_MOVES = "d_optimiser = Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.99))"
D_JUDGES = "on_real, on_fake = discriminator(real), discriminator(fake.detach())"

DISEASES = {
    "healthy": Disease(
        changes=(),
        sign="the samples of a healthy run come within 0.3 of the data, which begin at -1; here the distance is {distance:.2f}, and "
        "the lowest pixel of the data is {lowest pixel:.0f}",
    ),
    "wrong sign": Disease(
        changes=((G_COST, "g_cost = bce(discriminator(fake), zeros)"),),
        sign="with a wrong sign both players want the same, and both costs fall to 0 from above; here D's ends at {cost of D:+.2g} "
        "and G's at {cost of G:+.2g}",
    ),
    "vanishing gradient": Disease(
        changes=((G_COST, "g_cost = -bce(discriminator(fake), zeros)"), (G_MOVES, G_MOVES.replace("1e-3", "1e-5"))),
        sign="where the gradient vanishes, G's cost, log(1 - D(G(z))), comes to 0 from below, and its gradient fades without being 0; "
        "here the cost ends at {cost of G:+.2g} and the gradient's norm at {gradient of G:.2g}",
    ),
    "dead discriminator": Disease(
        changes=(("nn.init.normal_(parameter, std=0.05)", "nn.init.constant_(parameter, 0.0)"),),
        sign="a dead discriminator gives all images one answer, and G's gradient is 0, not only small; here the answers are "
        "{D(x):.2f} and {D(G(z)):.2f}, and the gradient's norm is {gradient of G:.2g}",
    ),
    "missing detach": Disease(
        changes=(
            (D_JUDGES, D_JUDGES.replace(".detach()", "")),
            (D_MOVES, D_MOVES.replace("discriminator.parameters()", "[*discriminator.parameters(), *generator.parameters()]")),
        ),
        sign="a generator that D's step moves as well loses, D(G(z)) far below one half, in spite of a gradient larger than a healthy "
        "run's; here D(G(z)) is {D(G(z)):.2g}, and the gradient's norm {gradient of G:.2g}",
    ),
    "discriminator too slow": Disease(
        changes=((D_MOVES, D_MOVES.replace("1e-3", "1e-5")),),
        sign="against a discriminator too slow to object, G's gradient is small, and its samples, of one or a few kinds, are called "
        "data at least as often as the data are; here D(G(z)) is {D(G(z)):.2f}, D(x) is {D(x):.2f}, and the gradient's norm "
        "{gradient of G:.2g}",
    ),
    "wrong range": Disease(
        changes=(("pixels = images / 127.5 - 1", "pixels = images / 255"),),
        sign="data in the wrong range do not begin at -1, where tanh does; here their lowest pixel is {lowest pixel:.0f}",
    ),
    "BatchNorm without its buffers": Disease(
        changes=(("saved = generator.state_dict()", "saved = dict(generator.named_parameters())"),),
        sign="with BatchNorm without its buffers the costs are a healthy run's, about 1.2 and 1, and only the samples are bad, with "
        "half of the data's variance; here the costs end at {cost of D:.2g} and {cost of G:.2g}, and the variance is {variety:.0%}",
    ),
}


@dataclass(frozen=True, repr=False)
class Chart:
    """What a run leaves behind for whoever is to examine it.

    costs, gradients: {player: one number a round}, the gradients' norms; answers: the same of the mean D(x), "data", and D(G(z)),
    "generator". pixels: the data as the discriminator saw it, (N, 1, 8, 8); samples: what the script shows at its end,
    (1000, 1, 8, 8). networks: {player: its network at the end}.
    """

    costs: dict[str, np.ndarray]
    answers: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    pixels: torch.Tensor
    samples: torch.Tensor
    networks: dict[str, nn.Module]

    @property
    def findings(self):
        """The chart in numbers. Costs and answers: means over the last fifth of the rounds; gradients: medians. Variety: the samples'
        variance in units of the data's; distance: the Fréchet distance between their pixels in that unit, which is 0 at best and 1
        for the mean image alone."""
        late = slice(-max(1, len(self.costs["generator"]) // 5), None)
        real, made = self.pixels.flatten(1), self.samples.flatten(1)
        variance = real.var(0).sum().item()
        return {
            "cost of D": self.costs["discriminator"][late].mean(),
            "cost of G": self.costs["generator"][late].mean(),
            "D(x)": self.answers["data"][late].mean(),
            "D(G(z))": self.answers["generator"][late].mean(),
            "gradient of D": np.median(self.gradients["discriminator"][late]),
            "gradient of G": np.median(self.gradients["generator"][late]),
            "lowest pixel": real.min().item(),
            "variety": made.var(0).sum().item() / variance,
            "distance": frechet_distance(made, real) / variance,
        }


def changed(function, changes):
    """The function with some of its lines replaced: pairs (right line, wrong line).

    Raises CourseError if a right line does not stand exactly once in its source.
    """
    source = textwrap.dedent(inspect.getsource(function))
    for right, wrong in changes:
        if source.count(right) != 1:
            raise CourseError(f"the script has {source.count(right)} lines “{right}”, and exactly one can be replaced.")
        source = source.replace(right, wrong)
    rooms = dict(function.__globals__)
    exec(compile(source, "<patient>", "exec"), rooms)
    return rooms[function.__name__]


def run(changes=(), rounds=1000, seed=0):
    """The `Chart` of the script with these lines changed, as in `changed`."""
    patient = changed(script, changes)
    images = data.load("digits").images.flatten(1)
    with threads(1), torch.random.fork_rng(devices=[]):  # the same numbers on any number of cores
        torch.manual_seed(seed)
        log, pixels, samples, *networks = patient(images, rounds)
    columns = np.array(log).T
    players = ("discriminator", "generator")
    return Chart(
        costs=dict(zip(players, columns[:2])),
        answers=dict(zip(("data", "generator"), columns[2:4])),
        gradients=dict(zip(players, columns[4:])),
        pixels=pixels.view(-1, 1, 8, 8),
        samples=samples.view(-1, 1, 8, 8),
        networks=dict(zip(players, reversed(networks))),
    )


@dataclass(frozen=True)
class Patient:
    """A letter on a door, the chart, and the diagnosis, a name in `DISEASES`, which is not shown."""

    letter: str
    chart: Chart = field(repr=False)
    diagnosis: str = field(repr=False)

    def objections(self):
        """{what the chart says against it: a wrong diagnosis}, for all of them."""
        findings = self.chart.findings
        return {disease.sign.format(**findings): name for name, disease in DISEASES.items() if name != self.diagnosis}


def patients(rounds=1000, seed=0):
    """{letter: `Patient`}: every disease once, in an order that the seed decides."""
    names = list(DISEASES)
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).tolist()
    return {
        letter: Patient(letter, run(DISEASES[names[k]].changes, rounds, seed), names[k])
        for letter, k in zip("ABCDEFGHIJ", order)
    }


def in_words(chart):
    """What can be read off the plots at the end: means over the last tenth of the rounds, and of all pixels."""
    last = max(1, len(chart.costs["generator"]) // 10)

    def end(curves):
        return ", ".join(f"{of} {np.mean(values[-last:]):.2g}" for of, values in curves.items())

    brightness = f"data {chart.pixels.mean():.2g}, generated {chart.samples.mean():.2g}"
    return (
        f"at the end costs of {end(chart.costs)}; the discriminator's mean answers to {end(chart.answers)}; norms of the gradients of "
        f"{end(chart.gradients)}; mean pixels of {brightness}"
    )


FLOOR = 1e-7  # where a gradient of exactly zero is drawn on a logarithmic scale


def show(chart, title=None):
    """The plots of a run: (a) costs, with the coin's dashed; (b) the discriminator's answers; (c) norms of the gradients; (d) what
    the script shows at its end, beside the data as the discriminator saw them, and the pixel values of both."""
    panels = plots.axes(2, 3, 3.8, 2.3, height_ratios=(4, 3), alt=f"{title or 'A run'} in six plots: {in_words(chart)}")
    (costs, answers, gradients), (data_sheet, sample_sheet, pixels) = panels
    smooth = max(1, len(chart.costs["generator"]) // 50)
    plots.costs(chart, costs, smooth)
    low = min(values.min() for values in chart.costs.values())
    high = max(np.quantile(values, 0.98) for values in chart.costs.values())
    costs.set(ylim=(min(-0.2, 1.1 * low), max(2.5, 1.2 * high)))

    answers.axhline(0.5, color="black", linestyle=":", linewidth=1)
    for of, label in (("data", "D(x)"), ("generator", "D(G(z))")):
        plots.trace(answers, chart.answers[of], label, of, smooth)
    answers.set(xlabel="round", ylabel="mean answer of D", ylim=(-0.04, 1.04))

    # The limits come first: there are none to be found for curves that are level.
    gradients.set(xlabel="round", ylabel="norm (0 at 1e-7)", yscale="log", ylim=(FLOOR / 3, 30))
    for player, norms in chart.gradients.items():
        plots.trace(gradients, np.maximum(norms, FLOOR), player, player, smooth)

    plots.samples(chart.pixels[:40], 10, "(d) data", data_sheet, of="data")
    plots.samples(chart.samples[:40], 10, "(d) generated", sample_sheet, of="generator")
    bins = np.linspace(-1, 1, 41)
    for of, images in (("data", chart.pixels), ("generator", chart.samples)):
        pixels.hist(images.flatten(), bins, density=True, color=plots.COLOURS[of], alpha=0.5, histtype="stepfilled")
    pixels.set(title="(d) pixels", xlabel="pixel value", ylabel="density (log)", yscale="log")
    for ax in (answers, gradients):
        ax.lines[-1].set_linestyle((0, (3, 1.5)))  # so that a curve under it is seen
    for ax, name in ((costs, "(a) costs"), (answers, "(b) answers"), (gradients, "(c) gradients")):
        ax.set_title(name, loc="left")
        above = {"loc": "lower right", "bbox_to_anchor": (1.03, 0.97), "ncols": 2, "handlelength": 1.3, "columnspacing": 0.8}
        ax.legend(fontsize=8, **above)  # beside the name, where no curve runs
    if title:
        pixels.figure.suptitle(title)
