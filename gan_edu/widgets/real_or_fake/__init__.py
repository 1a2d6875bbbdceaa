"""The discriminator's game, played by a person in the page itself: is this image real or fake? For notebook 09."""

import base64
import io
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ... import plots
from ...data import to_bytes
from ...errors import GameError
from ..page import Laboratory

KEPT = 100  # images of either kind that the page brings along, for games to come
COLUMNS = 20


class RealOrFake(Laboratory):
    """A game of `trials` images, each real or fake as a coin falls; the player learns at the end which was which, and the score.

    real, fake: images (N, C, H, W) and (M, C, H, W), bytes or pixels in [-1, 1], at least `trials` of each; none is shown twice in a
    game. A hundred of each, drawn at random, lie in the page. logits: a pair of tensors, (N, ...) and (M, ...), what a discriminator
    says of them; it then plays the same game. seed: of the images that are kept, and of the first game.

    A balanced pack could be counted, as cards are; a coin cannot. It is tossed again only if it leaves less than a quarter of the
    trials to one side. Raises GameError for images or logits that do not fit together, or too few.
    """

    title = "Game of real or fake"
    folder = Path(__file__).parent

    def __init__(
        self, real: Tensor, fake: Tensor, trials: int = 20, logits: tuple[Tensor, Tensor] | None = None, seed: int = 0
    ):
        if real.dim() != 4 or real.shape[1:] != fake.shape[1:]:
            shapes = f"{tuple(real.shape)} and {tuple(fake.shape)}"
            raise GameError(f"images must be (N, C, H, W), real and fake of one size; these are {shapes}.")
        if trials < 4 or min(len(real), len(fake)) < trials:
            raise GameError(
                f"a game of {trials} trials with {len(real)} real and {len(fake)} fake images cannot be played: it needs at least 4 "
                "trials, and as many images of either kind as trials."
            )
        if logits is not None and tuple(map(len, logits)) != (len(real), len(fake)):
            raise GameError(
                f"there are {len(real)} real and {len(fake)} fake images: logits must be a pair of tensors as long."
            )
        rng = torch.Generator().manual_seed(seed)
        kept = [torch.randperm(len(images), generator=rng)[: max(KEPT, trials)] for images in (real, fake)]
        images = torch.cat([as_bytes(kind.cpu()[places]) for kind, places in zip((real, fake), kept)])
        network = None
        if logits is not None:
            means = (x.detach().float().cpu().reshape(len(x), -1).mean(1)[places] for x, places in zip(logits, kept))
            network = (torch.cat(list(means)) > 0).tolist()
        super().__init__(
            sprite=sprite(images),
            size=list(images.shape[2:]),
            columns=COLUMNS,
            real=len(kept[0]),
            fake=len(kept[1]),
            network=network,
            trials=trials,
            seed=seed,
        )


def as_bytes(images: Tensor) -> Tensor:
    """Images as bytes, whatever they were."""
    return images if images.dtype == torch.uint8 else to_bytes(images.detach().float())


def sprite(images: Tensor) -> str:
    """All images in one PNG picture, `COLUMNS` to a row, as an address; grey ones are dark ink on paper, as in `plots.samples`."""
    paper = plots.tile(images, COLUMNS, gap=0)
    buffer = io.BytesIO()
    Image.fromarray((255 * (1 - paper if paper.ndim == 2 else paper)).round().astype("uint8")).save(
        buffer, "png", optimize=True
    )
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
