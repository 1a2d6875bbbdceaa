"""A generator's latent space, to walk in, in the page itself. For notebooks 05 and 10."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import GameError
from ...models.gan import Latent
from ..page import Laboratory
from ..page.generator import exported, folded


class LatentLab(Laboratory):
    """Samples of a generator, the way between two of them, straight or along the sphere, and how long the latents on it are.

    generator: a `nn.Sequential` from latents (N, size + categories + continuous) to images (N, C, H, W), pixels in [-1, 1]; the page
    holds it, as `page.generator.exported` says. latent: its `Latent`. categories, continuous: how many there are of either, for a
    generator that is told them behind the latent, as in `models.infogan.InfoGAN.request`: a one-hot category, codes in [-1, 1].
    directions: named vectors (size,) by multiples of which all latents can be moved; or of how many of the principal directions of
    the first layer, see `principal_directions`. settings: by the names in `settings.js`, such as `way="line"`, `seed=3`.

    Raises GameError for directions that do not fit the latents, or for a layer that no page can run.
    """

    title = "Laboratory of latents"
    folder = Path(__file__).parent

    def __init__(
        self,
        generator: nn.Sequential,
        latent: Latent,
        categories: int = 0,
        continuous: int = 0,
        directions: Mapping[str, Tensor] | int = 3,
        **settings,
    ):
        if isinstance(directions, int):
            principal = latent.scale * principal_directions(generator, latent.size, directions)
            directions = {f"principal {k + 1}": direction for k, direction in enumerate(principal)}
        for name, direction in directions.items():
            if direction.shape != (latent.size,):
                raise GameError(
                    f"direction {name!r} has shape {tuple(direction.shape)}, and latents have {latent.size} numbers."
                )
        super().__init__(
            generator=exported(generator, latent.size + categories + continuous),
            latent=asdict(latent),
            categories=categories,
            continuous=continuous,
            directions=[[name, [round(x, 6) for x in direction.tolist()]] for name, direction in directions.items()],
            **settings,
        )


def principal_directions(generator: nn.Sequential, size: int, count: int) -> Tensor:
    """The unit vectors, (count, size), along which the outputs of a generator's first layer, a linear one, change most: the right
    singular vectors of its weights, those of the first `size` inputs (Shen & Zhou 2021, SeFa). Raises GameError if there is none."""
    first = next((layer for layer in folded(generator) if hasattr(layer, "weight")), None)
    if not isinstance(first, nn.Linear) or count > size:
        raise GameError(
            f"{count} principal directions are those of a first layer that is linear, with as many inputs: give directions."
        )
    directions = torch.linalg.svd(first.weight.detach()[:, :size], full_matrices=False).Vh[:count]
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return directions * largest.sign()  # else their signs would be chance
