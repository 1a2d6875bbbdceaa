"""Pictures that obey one law as a whole, which a discriminator that looks at parts can miss: perspective in `Roads`, symmetry in
`Faces` (notebook 13)."""

from dataclasses import dataclass

import torch

from .drawing import Drawn, each, paint, paper, plane, uniform

SKY, GRASS, ASPHALT, WOOD = (205, 228, 244), (140, 184, 110), (92, 92, 100), (110, 62, 30)
SHRINKING = 0.68  # of posts, from one to the next: they stand ever farther apart
POSTS = 5
SKINS = ((255, 224, 196), (236, 188, 150), (198, 134, 66), (141, 85, 36), (90, 56, 37))
IRISES = ((35, 110, 190), (20, 130, 80), (120, 70, 20), (95, 95, 105), (130, 70, 160))
BACKDROP, WHITE, LIPS = (120, 160, 180), (250, 250, 250), (196, 40, 62)


@dataclass(frozen=True)
class Roads(Drawn):
    """Straight roads over a plain to the horizon, with five posts of one height beside them, one row a picture.

    The law: both edges of the road, the posts' feet and the posts' tops lie on lines through one point of the horizon.

    horizon: that point, (N, 2). edges: where the road's two edges leave the picture below, x of the left and of the right, (N, 2).
    post: the nearest post's foot, x and y, and the y of its top, (N, 3). The picture reaches from -1 to 1, y downwards.
    """

    horizon: torch.Tensor
    edges: torch.Tensor
    post: torch.Tensor

    @classmethod
    def sample(cls, count, rng):
        """Roads with all of that drawn independently; posts stand on the right."""
        return cls(
            numbers(count, rng, (-0.4, 0.2), (-0.35, 0.0)),
            numbers(count, rng, (-0.85, -0.45), (0.15, 0.45)),
            numbers(count, rng, (0.7, 0.9), (0.8, 0.9), (-0.75, -0.45)),
        )

    def picture(self, side):
        """The picture as floats (N, 3, side, side): `images` rounds it."""
        sky, grass, asphalt, wood = torch.tensor([SKY, GRASS, ASPHALT, WOOD], device=self.post.device).unsqueeze(1)
        x, y = plane(side, self.post.device)
        right, down = x - each(self.horizon[:, 0]), y - each(self.horizon[:, 1])
        picture = paint(paper(sky.expand(len(self), -1), side), -down.expand_as(right + down), grass)
        slopes = (self.edges - self.horizon[:, :1]) / (1 - self.horizon[:, 1:])
        left_edge, right_edge = (each(slope) for slope in slopes.unbind(1))
        left_of = (left_edge * down - right) / (1 + left_edge.square()).sqrt()
        right_of = (right - right_edge * down) / (1 + right_edge.square()).sqrt()
        picture = paint(picture, torch.maximum(torch.maximum(left_of, right_of), -down), asphalt)
        foot, bottom, top = (each(value) for value in (self.post - self.horizon[:, [0, 1, 1]]).unbind(1))
        for k in reversed(range(POSTS)):
            scale = SHRINKING**k
            beside = (right - scale * foot).abs() - scale * 0.05
            beyond = (down - scale * (top + bottom) / 2).abs() - scale * (bottom - top) / 2
            picture = paint(picture, torch.maximum(beside, beyond), wood)
        return picture


@dataclass(frozen=True)
class Faces(Drawn):
    """Faces seen from the front, one row a picture. The law: the left half is the right half's mirror image, pixel by pixel; both
    eyes have one colour.

    skin, iris: int64 (N,), which of `SKINS` and `IRISES`.
    head: half its width and half its height, (N, 2). eyes: half the distance between them, their height above the picture's middle,
    and their radius, (N, 3). mouth: half its width, and how far its corners are above its middle, (N, 2). The picture reaches from
    -1 to 1.
    """

    skin: torch.Tensor
    iris: torch.Tensor
    head: torch.Tensor
    eyes: torch.Tensor
    mouth: torch.Tensor

    @classmethod
    def sample(cls, count, rng):
        """Faces with all of that drawn independently."""
        return cls(
            torch.randint(len(SKINS), (count,), generator=rng, device=rng.device),
            torch.randint(len(IRISES), (count,), generator=rng, device=rng.device),
            numbers(count, rng, (0.62, 0.8), (0.8, 0.92)),
            numbers(count, rng, (0.26, 0.34), (0.1, 0.25), (0.14, 0.19)),
            numbers(count, rng, (0.2, 0.38), (-0.12, 0.22)),
        )

    def picture(self, side):
        """The picture as floats (N, 3, side, side): `images` rounds it."""
        device = self.head.device
        backdrop, white, lips = torch.tensor([BACKDROP, WHITE, LIPS], device=device).unsqueeze(1)
        skins, irises = torch.tensor(SKINS, device=device), torch.tensor(IRISES, device=device)
        x, y = plane(side, device)
        x = x.abs()  # what is drawn on the right is drawn on the left
        width, height = (each(value) for value in self.head.unbind(1))
        head = (torch.hypot(x / width, y / height) - 1) * width
        picture = paint(paper(backdrop.expand(len(self), -1), side), head, skins[self.skin])
        apart, above, radius = (each(value) for value in self.eyes.unbind(1))
        eye = torch.hypot(x - apart, y + above)
        picture = paint(picture, eye - radius, white)
        picture = paint(picture, eye - 0.55 * radius, irises[self.iris])
        half, smile = (each(value) for value in self.mouth.unbind(1))
        lip = (y - 0.45 + smile * (x / half).square()).abs() - 0.05
        return paint(picture, torch.maximum(lip, x - half), lips)


def numbers(count, rng, *ranges):
    """One number from each range for each of `count` pictures: (count, ranges)."""
    return torch.stack([uniform(between, (count,), rng) for between in ranges], dim=1)
