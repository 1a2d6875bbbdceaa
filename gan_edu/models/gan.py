"""The generative adversarial network (Goodfellow et al. 2014), with any objective, any penalties and any augmentation, and the one
that matches features (Salimans et al. 2016). Taught in notebooks 04 and 08."""

from dataclasses import dataclass

import torch
from torch import nn

from ..errors import GameError
from ..games import Draw, Game, described
from ..losses import Objective, non_saturating
from ..networks import judges_apart
from ..penalties import Scored


@dataclass(frozen=True)
class Latent:
    """The generator's source of randomness: `size` numbers, standard normal or uniform on [-1, 1], times `scale`."""

    size: int
    kind: str = "normal"
    scale: float = 1.0

    def draw(self, count, rng):
        """Latents of shape (count, size)."""
        z = torch.empty(count, self.size, device=rng.device)
        z = z.normal_(generator=rng) if self.kind == "normal" else z.uniform_(-1, 1, generator=rng)
        return self.scale * z

    def __str__(self):
        return f"{self.size} {self.kind} latents" + (f" · {self.scale:g}" if self.scale != 1 else "")


class GAN(Game):
    """Two players: the discriminator, who moves first, and the generator.

    generator: network from latents (N, latent size) to samples (N, ...).
    discriminator: network from samples to logits (N, 1).
    latent: a `Latent`, or a number for that many standard normal latents.
    objective: one of `losses`.
    penalties: some of `penalties`, added to the discriminator's cost.
    augmentation: one of `augmentations`, or None: what samples go through before the discriminator sees them.
    """

    order = ("discriminator", "generator")

    def __init__(self, generator, discriminator, latent, objective=non_saturating, penalties=(), augmentation=None):
        super().__init__()
        _refuse_wrong_parts(generator, discriminator, latent, objective, penalties, augmentation)
        self.generator = generator
        self.discriminator = discriminator
        self.latent = Latent(latent) if isinstance(latent, int) else latent
        self.objective = objective
        self.penalties = tuple(penalties)
        self.augmentation = augmentation
        self.members = getattr(generator, "members", 1)

    @property
    def apart(self):
        """Whether the discriminator judges each sample by itself."""
        return judges_apart(self.discriminator)

    def identity(self):
        """Its objective and its latents, its penalties with their settings, and its augmentation."""
        augmentation = [] if self.augmentation is None else [repr(self.augmentation)]
        name = f"{super().identity()} ({self.objective.name}, {self.latent})"
        return " + ".join([name, *map(described, self.penalties), *augmentation])

    def draw(self, real, rng):
        """Real samples (N, ...), as many latents, and what penalties and augmentation need."""
        latent = self.latent.draw(len(real), rng)
        mix = torch.rand(len(real), generator=rng, device=rng.device) if self.penalties else None
        augment_real, augment_fake = (None, None) if self.augmentation is None else self.augmentation.draw(real, rng)
        return Draw(real=real, latent=latent, mix=mix, augment_real=augment_real, augment_fake=augment_fake)

    def fake(self, draw):
        """Generated samples for the draw's latents."""
        return self.shared_output("generator", draw, self.generator, draw.latent)

    def seen_real(self, draw):
        """Real samples as the discriminator sees them: through the augmentation, if there is one."""
        return draw.real if self.augmentation is None else self.augmentation(draw.real, draw.augment_real)

    def seen_fake(self, draw):
        """Generated samples as the discriminator sees them."""
        fake = self.fake(draw)
        return fake if self.augmentation is None else self.augmentation(fake, draw.augment_fake)

    def discriminator_cost(self, draw):
        real, fake = self.seen_real(draw), self.seen_fake(draw)
        if not self.penalties:
            return self.objective.discriminator(*(self.verdict(outputs, draw) for outputs in self.logits(real, fake)))
        return penalised_cost(self, self.discriminator, *self.scored(real, fake, draw), draw)

    def generator_cost(self, draw):
        if self.objective.paired:
            outputs = self.logits(self.seen_real(draw), self.seen_fake(draw))
            return self.objective.generator(*(self.verdict(each, draw) for each in outputs))
        return self.objective.generator(None, self.verdict(self.discriminator(self.seen_fake(draw)), draw))

    def verdict(self, outputs, draw):
        """The logits (N, 1) that the objective compares, of what the discriminator answers: here its answers themselves."""
        return outputs

    def logits(self, real, fake):
        """The discriminator's answers to real and to generated samples: in one pass if it judges each sample by itself."""
        if not self.apart:
            return self.discriminator(real), self.discriminator(fake)
        return self._parted(self.discriminator(self._together(real, fake)), real, fake)

    def scored(self, real, fake, draw):
        """Real and generated samples as penalties want them: `Scored`, and in one pass where two penalties look at both kinds."""
        if not self.apart or len(self.penalties) < 2:
            return score(lambda samples: self.verdict(self.discriminator(samples), draw), real, fake)
        samples = differentiable(self._together(real, fake))
        logits = [self.verdict(outputs, draw) for outputs in self._parted(self.discriminator(samples), real, fake)]
        (slopes,) = torch.autograd.grad(torch.cat(logits).sum(), samples, create_graph=True)
        return [Scored(*parts) for parts in zip(self._parted(samples, real, fake), logits, self._parted(slopes, real, fake))]

    def _together(self, *batches):
        """Several batches in one; with ensembles, each member's samples side by side."""
        if self.members == 1:
            return torch.cat(batches)
        return torch.cat([samples.unflatten(0, (self.members, -1)) for samples in batches], dim=1).flatten(0, 1)

    def _parted(self, together, real, fake):
        """What belongs to the real and what to the generated samples of such a batch."""
        if self.members == 1:
            return together.split([len(real), len(fake)])
        sizes = [len(real) // self.members, len(fake) // self.members]
        return [part.flatten(0, 1) for part in together.unflatten(0, (self.members, -1)).split(sizes, dim=1)]

    @torch.no_grad()
    def sample(self, count, rng, batch=1000):
        """`count` generated samples (count, ...), with the generator in eval mode (BatchNorm uses its running statistics). With an
        ensemble, the first count / members samples are the first member's, and so on."""
        if count % self.members:
            raise GameError(f"{self.members} generators cannot share {count} samples evenly.")
        was_training = self.generator.training
        self.generator.eval()
        try:
            step = max(self.members, batch - batch % self.members)
            parts = [self.generator(self.latent.draw(min(step, count - done), rng)) for done in range(0, count, step)]
        finally:
            self.generator.train(was_training)
        return self._together(*parts)


def _refuse_wrong_parts(generator, discriminator, latent, objective, penalties, augmentation):
    """Says in a sentence what a GAN cannot be made of."""
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(network, nn.Module):
            raise GameError(f"the {name} is a {type(network).__name__}, not a network: give an nn.Module.")
    if not (isinstance(latent, int) and latent > 0 or hasattr(latent, "draw")):
        raise GameError(f'{latent!r} is no latent: give how many numbers it has, such as 64, or Latent(64, "uniform").')
    if not isinstance(objective, Objective):
        raise GameError(f"{objective!r} is no objective: give one of gan_edu.losses, such as losses.hinge.")
    if not isinstance(penalties, (list, tuple)):
        raise GameError(f"penalties={penalties!r} is not a list of penalties: give [penalties.R1(10.0)], say.")
    for penalty in penalties:
        if not callable(penalty):
            raise GameError(f"{penalty!r} is no penalty: give some of gan_edu.penalties, such as penalties.R1(10.0).")
    if augmentation is not None and not (callable(augmentation) and hasattr(augmentation, "draw")):
        raise GameError(f"{augmentation!r} is no augmentation: give one of gan_edu.augmentations, or None.")


class FeatureMatchingGAN(GAN):
    """A GAN whose generator matches the mean features of real samples instead of fooling the discriminator (Salimans et al. 2016,
    section 3.1; notebook 08).

    The features are what the discriminator computes before its last layer; the generator's cost is the squared distance between
    their mean over the real and their mean over the generated samples. The discriminator's cost is the plain one.

    Raises GameError if the discriminator is not an `nn.Sequential` with something learned before its last layer. With ensembles that
    is one for the body and one for the last layer: `nn.Sequential(Ensemble(body, n), Ensemble(head, n))`.
    """

    def __init__(self, generator, discriminator, *others, **settings):
        if not isinstance(discriminator, nn.Sequential) or not any(True for _ in discriminator[:-1].parameters()):
            raise GameError(
                "feature matching takes for features what the discriminator computes before its last layer: give it an nn.Sequential "
                "with learned layers before the last, as in nn.Sequential(*body, nn.Linear(width, 1))."
            )
        super().__init__(generator, discriminator, *others, **settings)

    def generator_cost(self, draw):
        real, fake = self.mean_features(self.seen_real(draw)), self.mean_features(self.seen_fake(draw))
        return (real - fake).square().sum() / self.members

    def mean_features(self, samples):
        """The features' mean over a batch, (members, ...): with ensembles each member's own."""
        return self.discriminator[:-1](samples).unflatten(0, (self.members, -1)).mean(1)


def penalised_cost(game, discriminator, real, fake, draw):
    """What a game's discriminator pays for real and generated samples, which are `Scored`: its objective, and its penalties."""
    cost = game.objective.discriminator(real.logits, fake.logits)
    return cost + sum(penalty(discriminator, real, fake, draw) for penalty in game.penalties)


def score(discriminator, *batches):
    """Batches of samples as penalties want them: `Scored`, each in a pass of its own."""
    return [Scored(samples, discriminator(samples)) for samples in map(differentiable, batches)]


def differentiable(samples):
    """The samples, such that a penalty can differentiate by them; in half precision its squares would be coarse."""
    samples = samples.to(torch.promote_types(samples.dtype, torch.float32))
    return samples if samples.requires_grad else samples.clone().requires_grad_()
