"""Small pictures that move and bounce off the walls: the data for predicting the next frame (notebook 13)."""

from dataclasses import dataclass

import torch

from ...errors import DataError


@dataclass(frozen=True)
class Bouncing:
    """N scenes of K pictures that move at constant velocity and bounce off the walls, through one another (Moving MNIST, Srivastava,
    Mansimov & Salakhutdinov 2015). What is true of them says where everything is at any time: `frames` draws the past and the future.

    pictures: uint8 (N, K, h, w). start: where the upper left corners are at time 0, x and y in pixels, (N, K, 2).
    velocity: pixels a frame, (N, K, 2), until a wall turns it round. side: of the square frames, in pixels.
    """

    pictures: torch.Tensor
    start: torch.Tensor
    velocity: torch.Tensor
    side: int

    @classmethod
    def sample(cls, images, count, rng, side=64, digits=2, speed=3.0):
        """Scenes of `digits` pictures each, drawn from grey images, uint8 (M, 1, h, w), such as `load("mnist").images`: from anywhere,
        in any direction, at that many pixels a frame. Raises DataError if the images are not grey or do not fit into the frame."""
        if images.shape[1] != 1 or max(images.shape[2:]) >= side:
            raise DataError(
                f"images of shape {tuple(images.shape[1:])} cannot move about in frames of {side}×{side}: they must be grey, "
                "(1, h, w), and smaller than the frame. Ask for a larger side."
            )
        which = torch.randint(len(images), (count, digits), generator=rng, device=rng.device)
        start, direction = torch.rand(count, digits, 3, generator=rng, device=rng.device).split([2, 1], dim=2)
        angle = 2 * torch.pi * direction
        pictures = images.to(rng.device)[which, 0]
        return cls(pictures, start * room(pictures, side), speed * torch.cat([angle.cos(), angle.sin()], dim=2), side)

    def __len__(self):
        return len(self.pictures)

    def path(self, times):
        """Where the upper left corners are at these times, x and y in pixels, not rounded: (N, T, K, 2)."""
        times = torch.as_tensor(times, device=self.start.device).view(1, -1, 1, 1)
        free = room(self.pictures, self.side)
        straight = self.start[:, None] + times * self.velocity[:, None]
        return free - (free - torch.remainder(straight, 2 * free)).abs()  # as if the walls were mirrors

    def frames(self, times):
        """The frames at these times, such as `range(10)`: uint8 (N, T, 1, side, side). Where pictures overlap, the brighter shows.

        Corners are rounded to whole pixels, as published: each picture is copied unchanged, and what blurs it is a model.
        """
        height, width = self.pictures.shape[2:]
        corner = self.path(times).round().long()
        line = torch.arange(self.side, device=corner.device)
        columns = (line - corner[..., 0, None]).clamp(-1, width) + 1  # 0 and the last are the frame around a picture
        rows = (line - corner[..., 1, None]).clamp(-1, height) + 1
        framed = torch.nn.functional.pad(self.pictures, (1, 1, 1, 1))
        scene, picture = torch.meshgrid(*(torch.arange(n, device=line.device) for n in framed.shape[:2]), indexing="ij")
        layers = framed[scene[:, None, :, None, None], picture[:, None, :, None, None], rows[..., None], columns[..., None, :]]
        return layers.amax(dim=2).unsqueeze(2)


def room(pictures, side):
    """How far the corners of pictures (..., h, w) may go in a frame, x and y in pixels."""
    height, width = pictures.shape[-2:]
    return torch.tensor([side - width, side - height], dtype=torch.float32, device=pictures.device)
