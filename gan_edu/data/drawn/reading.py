"""Reading off pictures whether they keep the law that they should: how many objects, where the edges of a road meet, how symmetric a
face is. So what a GAN gets wrong is counted, not felt (notebook 13). All take images (N, C, H, W), bytes or pixels in [-1, 1]."""

import torch

from .drawing import colours, plane
from .laws import ASPHALT, GRASS, SKY, WOOD
from .scenes import PAPER

FAINT = 70  # grey levels: ink is further than that from the colour of the paper
TINY = 5  # pixels of 32 × 32 that an object has at least


def count_objects(images):
    """How many objects stand on the paper of `Scenes`: parts of the picture, connected by pixels' sides, that are clearly of another
    colour and larger than a speck. In grey pictures the paper is black, as MNIST's. int64 (N,)."""
    from scipy.ndimage import label

    seen = colours(images)
    paper = torch.tensor(PAPER if seen.shape[1] == 3 else (0,), device=seen.device)
    ink = (seen - paper.view(-1, 1, 1)).norm(dim=1) > FAINT
    least = TINY * ink[0].numel() / 32**2
    counts = []
    for picture in ink.cpu().numpy():
        parts, _ = label(picture)
        counts.append(int((torch.bincount(torch.from_numpy(parts).flatten())[1:] >= least).sum()))
    return torch.tensor(counts)


def vanishing_point(images):
    """Where the edges of the road in `Roads` meet, x and y, and the y of the horizon, (N, 3); the picture reaches from -1 to 1, y
    downwards. The law: the second is the third.

    The road is asphalt on grass. Its width grows with the distance from the horizon and its middle moves along a line: two straight
    lines are fitted to the rows below the middle, where no horizon is. The horizon is where the sky ends in the leftmost fifth of
    the picture.
    """
    seen = colours(images)
    side = seen.shape[-1]
    x, y = (line.flatten() for line in plane(side, seen.device))
    sky = mixed(seen[..., : side // 5].mean(3), GRASS, SKY)[0]  # its share in each row, (N, H)
    horizon = 2 * sky.sum(1) / side - 1
    rows = y > 0.2
    cover = mixed(seen[:, :, rows], GRASS, ASPHALT, WOOD)[0]  # the road's share in each pixel, (N, rows, W)
    width = cover.sum(2)
    middle = (cover * x).sum(2) / width.clamp(min=1e-3)
    growth, at_zero = straight(y[rows], width)
    meet = -at_zero / growth
    drift, offset = straight(y[rows], middle)
    return torch.stack([offset + drift * meet, meet, horizon], dim=1)


def asymmetry(images):
    """How unlike its mirror image each picture is: the mean absolute difference, in shares of the whole range, (N,). 0 for `Faces`."""
    seen = colours(images)
    return (seen - seen.flip(3)).abs().mean((1, 2, 3)) / 255


def mixed(seen, ground, *paints):
    """The share of each paint in pixels (N, 3, ...), of which the rest is ground, by least squares: (paints, N, ...), 0 to 1."""
    ground, *paints = (torch.tensor(colour, dtype=torch.float32, device=seen.device) for colour in (ground, *paints))
    ways = torch.stack(paints, dim=1) - ground[:, None]
    return torch.einsum("pc,nc...->pn...", torch.linalg.pinv(ways), seen - ground.view(3, *[1] * (seen.dim() - 2))).clamp(0, 1)


def straight(at, values):
    """Slope and offset of the lines through values (N, n) at places (n,), by least squares."""
    centred = at - at.mean()
    slope = values @ centred / centred.square().sum()
    return slope, values.mean(1) - slope * at.mean()
