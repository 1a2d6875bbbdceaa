"""Layers: what networks are made of, and what is done to a whole network.

Images are (N, C, H, W) with pixels in [-1, 1].
"""

import copy
from functools import partial

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm
from torch.nn.modules.conv import _ConvNd as Convolution
from torch.nn.utils.parametrizations import spectral_norm

from ..errors import GameError


def mlp(*sizes, activation=nn.ReLU, output=None, dropout=0.0):
    """A multilayer perceptron: `mlp(2, 128, 128, 1)` maps (N, 2) to (N, 1) through two hidden layers of 128.

    activation: makes the hidden non-linearity; output: makes the last one, if any (`nn.Tanh` for pixels).
    dropout: share of hidden units set to zero in training.
    """
    layers = []
    for inputs, outputs in zip(sizes[:-2], sizes[1:-1]):
        layers += [nn.Linear(inputs, outputs), activation()]
        if dropout:
            layers.append(nn.Dropout(dropout))
    layers.append(nn.Linear(sizes[-2], sizes[-1]))
    if output is not None:
        layers.append(output())
    return nn.Sequential(*layers)


def leaky_relu():
    """LeakyReLU with slope 0.2 below zero: the discriminator's usual activation (Radford et al. 2016)."""
    return nn.LeakyReLU(0.2, inplace=True)


NORMS = {"batch": nn.BatchNorm2d, "instance": partial(nn.InstanceNorm2d, affine=True)}


def normalised(layer, normalise, edge=False):
    """A layer and what normalises it, as a list of modules. Raises GameError for an unknown `normalise`.

    normalise: None, "spectral" (its weight divided by its largest singular value, Miyato et al. 2018), "batch" (Ioffe & Szegedy 2015)
    or "instance" (each map of each image by itself, Ulyanov, Vedaldi & Lempitsky 2016).
    edge: the layer is a network's first or last, whose outputs are not normalised; its weight may be.
    """
    if normalise not in (None, "spectral", *NORMS):
        raise GameError(f"normalise is None, 'spectral', 'batch' or 'instance', not {normalise!r}.")
    if normalise == "spectral":
        return [spectral_norm(layer)]
    if normalise is None or edge:
        return [layer]
    return [layer, NORMS[normalise](layer.out_channels)]


class Residual(nn.Module):
    """What it is given, plus what two 3×3 convolutions make of it (He, Zhang, Ren & Sun 2016): (N, C, H, W) to the same.

    normalise: both, as `normalised` does; "batch" in StackGAN.
    """

    def __init__(self, width, normalise=None):
        super().__init__()
        first, second = (normalised(nn.Conv2d(width, width, kernel_size=3, padding=1), normalise) for _ in range(2))
        self.change = nn.Sequential(*first, nn.ReLU(inplace=True), *second)

    def forward(self, x):
        return x + self.change(x)


class Noise(nn.Module):
    """Inputs of any shape with normal noise of that standard deviation added, in train mode; in eval mode as they are. Small
    differences are lost in it, so that a classifier with few labels cannot rest on them (Salimans et al. 2016; notebook 13)."""

    drops = True  # at random in train mode, as dropout is: a run's seed is to fix it

    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, x):
        return x + self.std * torch.randn_like(x) if self.training else x


class Heads(nn.Module):
    """Several layers' answers to the same features, side by side: (N, features) -> (N, outputs of all). One spectral norm over all
    outputs would let those that grow take from the others; here each layer has its own, or none (notebook 10)."""

    def __init__(self, *heads):
        super().__init__()
        self.heads = nn.ModuleList(heads)

    def forward(self, features):
        return torch.cat([head(features) for head in self.heads], dim=1)


class Centred(nn.Module):
    """Images (N, C, H, W) less a number. In front of a discriminator it takes away what all images share, such as white paper, which
    otherwise is most of what its first layers see (notebook 11)."""

    def __init__(self, mean):
        super().__init__()
        self.mean = mean

    def forward(self, images):
        return images - self.mean


class SumPool(nn.Module):
    """Maps (N, C, H, W) as a quarter of their sums over the image, and their means over its four quarters, (N, 5 C): what is seen in
    one place counts in all, and is still roughly where it was (notebook 11)."""

    def forward(self, maps):
        return torch.cat([maps.sum((2, 3)) / 4, nn.functional.adaptive_avg_pool2d(maps, 2).flatten(1)], dim=1)


class FourierFeatures(nn.Module):
    """Points (..., d) with their sines and cosines at three wavelengths: (..., 7 d) (Tancik et al. 2020; notebook 06).

    In front of a discriminator they sharpen its sight: a small network alone takes long to notice small structure.
    """

    def forward(self, x):
        turns = torch.cat([x, 3 * x, 9 * x], dim=-1)
        return torch.cat([x, turns.sin(), turns.cos()], dim=-1)


class Packed(nn.Module):
    """A discriminator that judges `pack` samples at a time, concatenated (PacGAN, Lin et al. 2018; notebook 06).

    `discriminator` maps (N / pack, pack · d) to logits; this maps (N, d) to (N / pack, 1).
    """

    def __init__(self, discriminator, pack):
        super().__init__()
        self.discriminator = discriminator
        self.pack = pack

    def forward(self, samples):
        return self.discriminator(samples.reshape(len(samples) // self.pack, -1))


class MinibatchDiscrimination(nn.Module):
    """Appends to each sample's features how close the rest of the batch lies (Salimans et al. 2016, section 3.2).

    (N, features) -> (N, features + kernels). Each feature vector f is mapped to `kernels` points in `dimensions` dimensions;
    kernel b's output for sample i is the sum over j ≠ i of exp(-|M_ib - M_jb|₁).
    """

    def __init__(self, features, kernels=16, dimensions=8):
        super().__init__()
        self.project = nn.Linear(features, kernels * dimensions, bias=False)
        self.kernels = kernels

    def forward(self, features):
        points = self.project(features).unflatten(1, (self.kernels, -1))
        distances = (points.unsqueeze(0) - points.unsqueeze(1)).abs().sum(3)
        closeness = (-distances).exp().sum(1) - 1  # without the sample itself
        return torch.cat([features, closeness], dim=1)


def spectral(network):
    """The same network, with every linear and convolutional layer's weight divided by its largest singular value (Miyato et al. 2018;
    notebooks 05 and 08): a ReLU network of linear layers then is Lipschitz with constant 1.

    As there, a convolution's singular value is that of its weight as a matrix with a row for each output channel, estimated by one
    power iteration a pass in train mode. The convolution itself may stretch by up to ⌈kernel / stride⌉. Raises GameError if there is
    no such layer, as in an `Ensemble`, whose layers are stacked.
    """
    layers = [module for module in network.modules() if isinstance(module, (nn.Linear, Convolution))]
    if not layers:
        raise GameError(f"spectral norm is for linear and convolutional layers; this {type(network).__name__} holds none.")
    for layer in layers:
        spectral_norm(layer)
    return network


def virtual_batch_norm(network, reference):
    """A copy of a network with each BatchNorm layer, its scale and shift kept, replaced by virtual batch normalisation (Salimans et
    al. 2016, section 3.5; notebook 08): what it makes of one sample does not depend on the others in the batch.

    reference: a batch of the network's inputs (n, ...), chosen once, that goes through the network beside the samples in every
    pass, so that a pass costs as if n more samples were in the batch. Train and eval mode are alike. Raises GameError if there is
    no BatchNorm to replace.
    """
    if not any(isinstance(module, BatchNorm) for module in network.modules()):
        raise GameError(f"virtual batch normalisation replaces BatchNorm layers; this {type(network).__name__} holds none.")
    return BesideReference(copy.deepcopy(network), reference)


class BesideReference(nn.Module):
    """A network that sees a fixed reference batch, a buffer, before the samples of each batch; see `virtual_batch_norm`."""

    def __init__(self, network, reference):
        super().__init__()
        self.network = network
        self.register_buffer("reference", reference.detach().clone())
        for module in list(self.modules()):
            for name, layer in module._modules.items():
                if isinstance(layer, BatchNorm):
                    module._modules[name] = VirtualBatchNorm(layer, len(reference))

    def forward(self, samples):
        return self.network(torch.cat([self.reference, samples]))[len(self.reference) :]


class VirtualBatchNorm(nn.Module):
    """BatchNorm (N, C, ...) whose statistics are those of the batch's first n samples, the reference, and of the sample itself as one
    more: mean = (n · the reference's + the sample's)/(n + 1), and so with the mean of squares. The reference has its own alone."""

    def __init__(self, layer, n):
        super().__init__()
        self.weight, self.bias, self.eps = layer.weight, layer.bias, layer.eps
        self.n = n

    def forward(self, batch):
        x = batch.flatten(2) if batch.dim() > 2 else batch.unsqueeze(2)  # (N, C, places)
        x = x.to(torch.promote_types(x.dtype, torch.float32))  # half precision is too coarse for statistics
        variance, mean = torch.var_mean(x, dim=2, correction=0, keepdim=True)  # each sample's own, (N, C, 1)
        first = mean[: self.n].mean(0)
        spread = variance[: self.n].mean(0) + mean[: self.n].var(0, correction=0)
        share = (torch.arange(len(x), device=x.device) >= self.n).to(x.dtype).view(-1, 1, 1) / (self.n + 1)
        # Variance within plus variance between: a difference of mean squares would lose digits.
        variance = torch.lerp(spread, variance, share) + share * (1 - share) * (mean - first).square()
        x = (x - torch.lerp(first, mean, share)) * (variance + self.eps).rsqrt()
        if self.weight is not None:
            x = torch.addcmul(self.bias.unsqueeze(1), x, self.weight.unsqueeze(1))
        return x.view_as(batch)


def dcgan_initialise(module):
    """Weights of convolutions from N(0, 0.02²), BatchNorm scales from N(1, 0.02²): use as `network.apply(...)`
    (Radford, Metz & Chintala 2016)."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def he_initialise(module):
    """Weights of convolutions and linear layers from normal distributions under which a signal keeps its size through layers with
    `leaky_relu`, biases 0: use as `network.apply(...)` (He, Zhang, Ren & Sun 2015). By PyTorch's own it shrinks with each layer; where
    no norm sets the scale, a deep network then hardly hears its input at first."""
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(module.weight, a=0.2)
        nn.init.zeros_(module.bias)


@torch.no_grad()
def infer(network, *inputs, batch=1000):
    """What a network makes of its inputs, each (N, ...), `batch` at a time: in eval mode (BatchNorm uses its running statistics),
    without a graph. Afterwards the network is in the mode in which it was."""
    was_training = network.training
    network.eval()
    try:
        return torch.cat([network(*parts) for parts in zip(*(each.split(batch) for each in inputs))])
    finally:
        network.train(was_training)
