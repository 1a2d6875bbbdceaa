"""Networks: multilayer perceptrons, convolutional generators and discriminators, and ensembles of any of them.

Discriminators output logits. Images are (N, C, H, W) with pixels in [-1, 1].
"""

import copy

import torch
from torch import nn
from torch.func import functional_call, stack_module_state
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm
from torch.nn.modules.conv import _ConvNd as Convolution
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from .errors import GameError
from .games import drops


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


def smallest_map(size, depth=None):
    """The side of the smallest feature map and how often it doubles to reach `size`: 28 = 7·2², 32 = 4·2³, 128 = 4·2⁵.

    depth: the number of doublings, if another is wanted (128 = 8·2⁴). Raises GameError for sizes that do not halve that often.
    """
    if depth is None:
        depth = 0
        while size % 2 ** (depth + 1) == 0 and size >> depth > 7:
            depth += 1
    if depth < 1 or size % 2**depth or not 4 <= size >> depth <= 16:
        raise GameError(f"no convolutional stack makes {size}×{size} images; try 28, 32, 64 or 128.")
    return size >> depth, depth


def dcgan_generator(latent, channels=1, size=28, width=32, refine=0, depth=None, normalise=True):
    """A generator after Radford, Metz & Chintala (2016): linear, then transposed convolutions that double the image.

    (N, latent) -> (N, channels, size, size), pixels in [-1, 1]. Built up in notebook 05.

    width: channels of the last hidden layer; they double with each halving of the map. refine: 3×3 convolutions at the smallest map,
    where they cost little. depth: number of doublings. normalise: BatchNorm after every hidden layer.
    """
    smallest, depth = smallest_map(size, depth)
    widths = [width * 2**k for k in reversed(range(depth))]
    norm = nn.BatchNorm2d if normalise else lambda _: nn.Identity()

    def hidden(layer, outputs):
        return [layer, norm(outputs), nn.ReLU(inplace=True)]

    first = widths[0]
    layers = [nn.Linear(latent, first * smallest**2), nn.Unflatten(1, (first, smallest, smallest))]
    layers += [norm(first), nn.ReLU(inplace=True)]
    for _ in range(refine):
        layers += hidden(nn.Conv2d(first, first, kernel_size=3, padding=1), first)
    for inputs, outputs in zip(widths, widths[1:]):
        layers += hidden(nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1), outputs)
    layers += [nn.ConvTranspose2d(widths[-1], channels, kernel_size=4, stride=2, padding=1), nn.Tanh()]
    return nn.Sequential(*layers)


def dcgan_discriminator(channels=1, size=28, width=16, refine=0, depth=None, normalise="spectral", outputs=1):
    """The mirror image: convolutions of stride 2 that halve the image, then a linear logit. (N, C, H, W) -> (N, outputs).

    refine: 3×3 convolutions at the smallest map; the last of them halves it once more. normalise: "spectral" (Miyato et al. 2018),
    "batch" (Radford et al. 2016; not on the first layer), or None. outputs: more than the one logit, for those who ask for more
    (notebook 10). The other settings are the generator's.
    """
    smallest, depth = smallest_map(size, depth)
    constrain = spectral_norm if normalise == "spectral" else lambda layer: layer
    layers, inputs = [], channels

    def hidden(width, kernel, stride):
        norm = [nn.BatchNorm2d(width)] if normalise == "batch" and layers else []
        convolution = nn.Conv2d(inputs, width, kernel, stride, padding=1)
        return [constrain(convolution), *norm, leaky_relu()]

    for k in range(depth):
        layers += hidden(width * 2**k, kernel=4, stride=2)
        inputs = width * 2**k
    for k in range(refine):
        last = k == refine - 1
        layers += hidden(inputs * 2 if last else inputs, kernel=3, stride=2 if last else 1)
        inputs, smallest = (inputs * 2, (smallest + 1) // 2) if last else (inputs, smallest)
    layers += [nn.Flatten(), constrain(nn.Linear(inputs * smallest**2, outputs))]
    return nn.Sequential(*layers)


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


class Sums(nn.Module):
    """Maps (N, C, H, W) as a quarter of their sums over the image, and their means over its four quarters, (N, 5 C): what is seen in
    one place counts in all, and is still roughly where it was (notebook 11)."""

    def forward(self, maps):
        return torch.cat([maps.sum((2, 3)) / 4, nn.functional.adaptive_avg_pool2d(maps, 2).flatten(1)], dim=1)


def reader(channels, size, width=16, mean=0.0, outputs=1):
    """A discriminator that is to recognise what an image shows wherever it shows it: convolutions that halve the image until one more
    halving would reach the smallest map of `dcgan_discriminator`, a 3×3 one, `Sums` (Miyato & Koyama 2018 sum over all places), and a
    linear layer. (N, channels, size, size) -> (N, outputs). Taught in notebook 11.

    mean: of the images, which it does not see. There is no norm in it: it needs a penalty. Initialised by `he_initialise`. Raises
    GameError for sizes that do not halve often enough.
    """
    _, depth = smallest_map(size)
    widths = [channels, *(width * 2**k for k in range(depth))]
    layers = [Centred(mean)]
    for before, after in zip(widths, widths[1:-1]):
        layers += [nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1), leaky_relu()]
    layers += [nn.Conv2d(widths[-2], widths[-1], kernel_size=3, padding=1), leaky_relu(), Sums()]
    return nn.Sequential(*layers, nn.Linear(5 * widths[-1], outputs)).apply(he_initialise)


class UNet(nn.Module):
    """An image to an image of the same size: an encoder that halves it, and a decoder that doubles it again and sees beside its own
    map the encoder's of that size (Ronneberger, Fischer & Brox 2015; for translation Isola et al. 2017; notebook 12).

    (N, inputs, size, size) -> (N, outputs, size, size), pixels in [-1, 1]. Raises GameError for sizes that do not halve often enough.

    width: channels of the largest map; they double with each halving, up to eight times as many. Every image is normalised by itself
    (instance normalisation), so that train and eval mode are alike and no image's translation depends on the rest of the batch.
    """

    def __init__(self, inputs, outputs, size, width=16):
        super().__init__()
        _, depth = smallest_map(size)
        widths = [width * min(2**k, 8) for k in range(depth)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for k, (before, after) in enumerate(zip([inputs, *widths], widths)):
            halve = nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1)
            norm = [] if k == 0 else [nn.InstanceNorm2d(after, affine=True)]
            self.down.append(nn.Sequential(halve, *norm, leaky_relu()))
        for k in reversed(range(depth)):
            before = widths[k] if k == depth - 1 else 2 * widths[k]
            after = widths[k - 1] if k else outputs
            double = nn.ConvTranspose2d(before, after, kernel_size=4, stride=2, padding=1)
            end = [nn.InstanceNorm2d(after, affine=True), nn.ReLU(inplace=True)] if k else [nn.Tanh()]
            self.up.append(nn.Sequential(double, *end))

    def forward(self, images):
        maps = [images]
        for halve in self.down:
            maps.append(halve(maps[-1]))
        x = maps.pop()
        for double in self.up[:-1]:
            x = torch.cat([double(x), maps.pop()], dim=1)
        return self.up[-1](x)


def patchgan(channels, width=16, layers=3, normalise="spectral"):
    """A discriminator that judges every patch of an image by itself (Isola et al. 2017; notebook 12): convolutions of stride 2, then
    one logit a place. (N, channels, H, W) -> (N, 1, H / 2^layers - 1, W / 2^layers - 1).

    A patch is 6 · 2^layers - 2 pixels wide: 10, 22 or 46 for 1, 2 or 3 layers. normalise: "spectral" (Miyato et al. 2018), "batch"
    (as published; not on the first layer), or None. With BatchNorm a logit depends on the rest of the batch, if only through its
    means and variances.
    """
    constrain = spectral_norm if normalise == "spectral" else lambda layer: layer
    widths = [width * min(2**k, 8) for k in range(layers)]
    modules = []
    for before, after in zip([channels, *widths], widths):
        norm = [nn.BatchNorm2d(after)] if normalise == "batch" and modules else []
        modules += [constrain(nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1)), *norm, leaky_relu()]
    return nn.Sequential(*modules, constrain(nn.Conv2d(widths[-1], 1, kernel_size=4, padding=1)))


class Residual(nn.Module):
    """What it is given, plus what two 3×3 convolutions make of it (He, Zhang, Ren & Sun 2016): (N, C, H, W) to the same."""

    def __init__(self, width):
        super().__init__()
        convolutions = [nn.Conv2d(width, width, kernel_size=3, padding=1) for _ in range(2)]
        self.change = nn.Sequential(convolutions[0], nn.ReLU(inplace=True), convolutions[1])

    def forward(self, x):
        return x + self.change(x)


def enlarger(inputs, outputs, doublings, width=32, blocks=2, smooth=False):
    """Small maps to large ones: a convolution and residual blocks at the small size, where they cost little, then for each doubling a
    convolution whose channels, four for each that is wanted, become the pixels of a 2×2 square (pixel shuffle, Shi et al. 2016;
    notebook 11). (N, inputs, H, W) -> (N, outputs, 2^doublings · H, 2^doublings · W), not bounded.

    width: channels of the small maps; they halve with each doubling. The last layer begins at 0: what is added to an image that was
    enlarged in another way is nothing at first. Without BatchNorm, which blurs the brightness of what is to be kept (as in EDSR, Lim
    et al. 2017). smooth: doubling is linear interpolation between two convolutions, which cannot leave a checkerboard (Odena, Dumoulin
    & Olah 2016).
    """

    def convolution(before, after):
        return nn.Conv2d(before, after, kernel_size=3, padding=1)

    layers = [convolution(inputs, width), nn.ReLU(inplace=True), *(Residual(width) for _ in range(blocks))]
    for _ in range(doublings):
        half = width // 2
        if smooth:
            layers += [convolution(width, half), nn.Upsample(scale_factor=2, mode="bilinear"), nn.ReLU(inplace=True)]
            layers += [convolution(half, half), nn.ReLU(inplace=True)]
        else:
            layers += [convolution(width, 2 * width), nn.PixelShuffle(2), nn.ReLU(inplace=True)]
        width = half
    last = convolution(width, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)


@torch.no_grad()
def infer(network, inputs, batch=1000):
    """What a network makes of inputs (N, ...), `batch` at a time: in eval mode (BatchNorm uses its running statistics), without a
    graph. Afterwards the network is in the mode in which it was."""
    was_training = network.training
    network.eval()
    try:
        return torch.cat([network(part) for part in inputs.split(batch)])
    finally:
        network.train(was_training)


def judges_apart(network):
    """Whether what a network says about one sample does not depend on the rest of the batch, so that several batches can be judged
    in one pass: it is made of layers `ONE_BY_ONE`, exactly these, for what is derived from them may compute something else."""
    kind = type(network)
    if is_parametrized(network):  # by spectral norm, say: PyTorch then derives a class for the one layer
        kind = kind.__base__
    if kind is Ensemble:
        return judges_apart(network._skeleton[0])
    if kind is nn.Flatten or kind is nn.Unflatten:
        return getattr(network, "start_dim", None) == 1 or getattr(network, "dim", None) == 1
    parts = (part for name, part in network.named_children() if name != "parametrizations")
    return kind in ONE_BY_ONE and all(map(judges_apart, parts))


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


def spectral(network):
    """The same network, with every linear and convolutional layer's weight divided by its largest singular value (Miyato et al. 2018;
    notebook 08): a ReLU network then is Lipschitz with constant 1.

    As there, a convolution's singular value is that of its weight as a matrix with a row for each output channel, estimated by one
    power iteration a pass in train mode. Raises GameError if there is no such layer, as in an `Ensemble`, whose layers are stacked.
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


class Waves(nn.Module):
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


ONE_BY_ONE = {
    *(nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
    *(nn.Identity, nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Sigmoid, nn.Tanh),
    *(nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.LayerNorm, nn.GroupNorm),
    *(nn.AvgPool2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Upsample, nn.PixelShuffle, nn.ZeroPad2d, nn.ReflectionPad2d),
    *(nn.Sequential, nn.ModuleList, Heads, Centred, Sums, Residual, Waves, VirtualBatchNorm, BesideReference),
}
"""Layers, and what holds them, that make of each sample what they would make of it alone."""

POINTWISE = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.Dropout, Waves)
"""Layers that do the same to every sample, whatever axes lie before it."""


class Ensemble(nn.Module):
    """`members` independent copies of a network, evaluated together.

    Its batch is the members' batches one after the other: (members · N, ...) in, (members · N, ...) out, member i reading and
    writing the i-th part. Costs, penalties and pairings on such a batch then need no change; a `Game` made of ensembles plays
    `members` games at once. Parameters are stacked along a new first axis. Networks with BatchNorm are refused: their
    statistics are updated in place, which vmap cannot do for each member.
    """

    def __init__(self, make_network, members):
        super().__init__()
        networks = [make_network() for _ in range(members)]
        if any(True for _ in networks[0].buffers()):
            raise GameError("an ensemble's networks must hold no buffers (BatchNorm, spectral norm): they change in place.")
        self.members = members
        parameters, _ = stack_module_state(networks)
        first = {}  # a parameter in two places is one; attribute names hold no dots
        everywhere = networks[0].named_parameters(remove_duplicate=False)
        self.names = {name: first.setdefault(parameter, name.replace(".", "__")) for name, parameter in everywhere}
        for name, value in parameters.items():
            self.register_parameter(self.names[name], nn.Parameter(value.detach()))
        self._skeleton = [networks[0].to("meta")]  # in a list: structure, not parameters of this module
        self.drops = drops(networks[0])

    def stacked(self):
        """The parameters under the names that one member knows them by, each with a first axis of size `members`."""
        return {name: getattr(self, attribute) for name, attribute in self.names.items()}

    def member(self, index):
        """A copy of one member as an ordinary network."""
        network = copy.deepcopy(self._skeleton[0]).to_empty(device=next(self.parameters()).device)
        network.load_state_dict({name: value[index].detach() for name, value in self.stacked().items()})
        return network

    def train(self, mode=True):
        self._skeleton[0].train(mode)
        return super().train(mode)

    def forward(self, batch):
        return self._through(self._skeleton[0], "", batch.unflatten(0, (self.members, -1))).flatten(0, 1)

    def _through(self, layer, path, samples):
        """Samples (members, n, ...) through one layer of every member: a linear layer is one batched product, what works on each
        number by itself needs to know of no members, and all else is left to vmap, which is general and slower."""
        kind = type(layer)  # exactly: what is derived from a layer may compute something else
        if kind is nn.Sequential:
            for name, part in layer._modules.items():  # `named_children` passes over a layer that it has met before
                samples = self._through(part, f"{path}{name}.", samples)
            return samples
        if kind in POINTWISE:
            return layer(samples)
        own = {name: getattr(self, self.names[path + name]) for name, _ in layer.named_parameters()}
        if kind is nn.Linear and "bias" in own and samples.dim() == 3:
            return torch.baddbmm(own["bias"].unsqueeze(1), samples, own["weight"].mT)
        return torch.vmap(lambda values, part: functional_call(layer, values, (part,)), randomness="different")(own, samples)
