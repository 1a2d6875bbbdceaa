"""Augmentations: what real and generated samples go through before the discriminator sees them, in both players' costs (notebook 08).

An augmentation is called as `augmentation(samples, numbers)` and can be differentiated by the samples: the generator learns through
it. All that is random about it, and its memory, is in `draw(samples, rng)`, which returns the numbers for the real and those for as
many generated samples of a turn: two tensors with one row a sample.
"""

import torch
from torch import nn
from torch.nn.functional import affine_grid, grid_sample

from .errors import GameError


class InstanceNoise(nn.Module):
    """Normal noise on every number of a sample (Sønderby et al. 2017; Arjovsky & Bottou 2017): data and generated samples overlap, so
    that the best discriminator is finite and its slope leads from one to the other.

    std: standard deviation in the first draw, in the samples' units. It falls linearly, to zero after `rounds` draws; a round is one
    draw unless a player moves twice in it.
    """

    def __init__(self, std, rounds):
        super().__init__()
        self.std = std
        self.rounds = rounds
        self.register_buffer("drawn", torch.tensor(0))  # a buffer, so that a checkpoint knows it

    def extra_repr(self):
        """Its settings, as PyTorch's modules show theirs."""
        return f"std={self.std}, rounds={self.rounds}"

    def draw(self, samples, rng):
        std = self.std * (1 - self.drawn / self.rounds).clamp(min=0)
        self.drawn += 1
        return [std * torch.randn(samples.shape, generator=rng, device=rng.device) for _ in range(2)]

    def forward(self, samples, noise):
        return samples + noise


class DifferentiableAugmentation(nn.Module):
    """Random changes to every image (N, C, H, W), so that a discriminator learns less of a small data set by heart (Zhao et al. 2020).

    changes: functions of images and of three numbers a sample, (N, 3), uniform on [0, 1), which can be differentiated by the images;
        one after the other. By default those of the paper: `colour`, `translation`, `cutout`.

    Because generated images are changed in the same way, the generator learns the unchanged data, not the changed. Raises GameError
    for samples that are no images.
    """

    def __init__(self, *changes):
        super().__init__()
        self.changes = changes or (colour, translation, cutout)

    def extra_repr(self):
        """The names of its changes."""
        return ", ".join(change.__name__ for change in self.changes)

    def draw(self, samples, rng):
        if samples.dim() != 4:
            raise GameError(f"these changes are for images (N, C, H, W), not for samples of shape {tuple(samples.shape)}.")
        return [torch.rand(len(samples), len(self.changes), 3, generator=rng, device=rng.device) for _ in range(2)]

    def forward(self, images, numbers):
        for change, of_change in zip(self.changes, numbers.unbind(1)):
            images = change(images, of_change)
        return images


def colour(images, numbers):
    """Brightness by up to ±0.5, saturation by a factor in [0, 2), contrast by one in [0.5, 1.5) (Zhao et al. 2020). Pixels may leave
    [-1, 1]: cutting them off would cut off gradients."""
    brightness, saturation, contrast = numbers.view(-1, 3, 1, 1, 1).unbind(1)
    images = images + (brightness - 0.5)
    grey = images.mean(1, keepdim=True)
    images = grey + 2 * saturation * (images - grey)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (contrast + 0.5) * (images - mean)


def translation(images, numbers):
    """Moved by up to an eighth of each side, in whole pixels. What comes in is 0, as in the paper's code: mid-grey between pixels of
    -1 and 1, so that on a black ground, too, one sees by how much an image was moved, and the generator need not move its own."""
    for axis, places, number in _axes(images, numbers):
        size = len(places)
        furthest = (size + 4) // 8
        source = places - (number * (2 * furthest + 1)).long() + furthest
        inside = (source >= 0) & (source < size)
        images = images.gather(axis, source.clamp(0, size - 1).expand_as(images)) * inside
    return images


def cutout(images, numbers):
    """A hole, 0 as in `translation`, half as high and half as wide as the image. Its centre lies anywhere in the image; what reaches
    beyond the edge is lost."""
    hole = True
    for _, places, number in _axes(images, numbers):
        width = (len(places) + 1) // 2
        first = (number * (len(places) + 1 - width % 2)).long() - width // 2
        hole = hole & (places >= first) & (places < first + width)
    return images * ~hole


def warp(images, numbers):
    """Turned by up to 0.3 radians, slanted by up to 0.4 of their height, and larger or smaller by up to a fifth: for a digit, changes
    of the hand and not of the class (notebook 10). What comes in is -1, the black ground of digits."""
    turn, slant, size = (numbers * 2 - 1).mul(numbers.new_tensor([0.3, 0.4, 0.2])).unbind(1)
    cosine, sine, size = turn.cos(), turn.sin(), 1 + size
    across = torch.stack([cosine, slant * cosine - sine, torch.zeros_like(turn)], dim=1)
    down = torch.stack([sine, slant * sine + cosine, torch.zeros_like(turn)], dim=1)
    places = affine_grid(size.view(-1, 1, 1) * torch.stack([across, down], dim=1), images.shape, align_corners=False)
    exact = torch.promote_types(images.dtype, places.dtype)
    return grid_sample(images.to(exact) + 1, places.to(exact), align_corners=False) - 1


def _axes(images, numbers):
    """Of height, then width: the axis, its places 0, 1, 2, ... and each sample's number, both shaped to go with the images."""
    for axis in (2, 3):
        places = torch.arange(images.shape[axis], device=images.device)
        yield axis, places.view(-1, *[1] * (3 - axis)), numbers[:, axis - 2].view(-1, 1, 1, 1)
