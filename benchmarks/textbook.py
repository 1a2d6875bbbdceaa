"""The textbook: the training loop and the networks that most people copy, as the measure of the course's own.

The loop reads images one by one from PIL through per-item transforms, passes real and generated samples through the discriminator
separately, asks for both costs as Python numbers in every step, and computes in fp32 with the optimiser as it comes.
"""

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

from gan_edu import networks


class Pictures(Dataset):
    """PIL images, converted one at a time to tensors in [-1, 1]."""

    def __init__(self, images):
        arrays = images.images.permute(0, 2, 3, 1).numpy()
        self.pictures = [Image.fromarray(array.squeeze()) for array in arrays]

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        array = np.array(self.pictures[index])
        tensor = torch.from_numpy(array if array.ndim == 3 else array[..., None]).permute(2, 0, 1).contiguous()
        return (tensor.float() / 255 - 0.5) / 0.5


class Loop:
    """The loop of PyTorch's DCGAN tutorial (2017), one step at a time."""

    def __init__(self, generator, discriminator, latent, images, batch, seed=0):
        self.generator, self.discriminator, self.latent, self.batch = generator, discriminator, latent, batch
        self.loader = DataLoader(
            Pictures(images), batch, shuffle=True, drop_last=True, generator=torch.Generator().manual_seed(seed)
        )
        self.batches = iter(self.loader)
        self.cost = nn.BCEWithLogitsLoss()
        self.optimisers = [
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999)) for network in (discriminator, generator)
        ]

    def step(self):
        real = next(self.batches, None)
        if real is None:
            self.batches = iter(self.loader)
            real = next(self.batches)
        of_discriminator, of_generator = self.optimisers
        ones, zeros = torch.ones(self.batch, 1), torch.zeros(self.batch, 1)

        of_discriminator.zero_grad()
        cost_real = self.cost(self.discriminator(real), ones)
        cost_real.backward()
        fake = self.generator(torch.randn(self.batch, self.latent))
        cost_fake = self.cost(self.discriminator(fake.detach()), zeros)
        cost_fake.backward()
        of_discriminator.step()

        of_generator.zero_grad()
        cost = self.cost(self.discriminator(fake), ones)
        cost.backward()
        of_generator.step()
        return cost_real.item() + cost_fake.item(), cost.item()


def dense(shape):
    """The MLP of the most copied collection of GAN scripts: BatchNorm with 0.8 in the place of its epsilon."""

    def hidden(inputs, outputs, norm=True):
        return [nn.Linear(inputs, outputs), *([nn.BatchNorm1d(outputs, 0.8)] if norm else []), nn.LeakyReLU(0.2, inplace=True)]

    pixels = shape[0] * shape[1] * shape[2]
    layers = [*hidden(100, 128, norm=False), *hidden(128, 256), *hidden(256, 512), *hidden(512, 1024)]
    generator = nn.Sequential(*layers, nn.Linear(1024, pixels), nn.Tanh(), nn.Unflatten(1, shape))
    discriminator = [*hidden(pixels, 512, norm=False), *hidden(512, 256, norm=False), nn.Linear(256, 1)]
    return generator, nn.Sequential(nn.Flatten(), *discriminator)


def convolutional(shape):
    """Radford's stack: strides, 32 channels in the widest map, BatchNorm on both sides."""
    generator = networks.dcgan_generator(100, shape[0], shape[1], width=32)
    return generator, networks.dcgan_discriminator(shape[0], shape[1], width=32, normalise="batch")


def upsampling(shape):
    """The DCGAN of the same collection: upsampling and 3×3 convolutions, four strided convolutions with dropout. There for 32×32
    pixels; here for any size divisible by 4."""

    def down(inputs, outputs, norm=True):
        layers = [nn.Conv2d(inputs, outputs, 3, 2, 1), nn.LeakyReLU(0.2, inplace=True), nn.Dropout2d(0.25)]
        return layers + ([nn.BatchNorm2d(outputs, 0.8)] if norm else [])

    def up(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, 1, 1), nn.BatchNorm2d(outputs, 0.8), nn.LeakyReLU(0.2, inplace=True)]

    channels, size = shape[0], shape[1]
    side = -(-size // 16)
    start = [nn.Linear(100, 128 * (size // 4) ** 2), nn.Unflatten(1, (128, size // 4, size // 4)), nn.BatchNorm2d(128)]
    layers = [*start, nn.Upsample(scale_factor=2), *up(128, 128), nn.Upsample(scale_factor=2), *up(128, 64)]
    generator = nn.Sequential(*layers, nn.Conv2d(64, channels, 3, 1, 1), nn.Tanh())
    layers = [*down(channels, 16, norm=False), *down(16, 32), *down(32, 64), *down(64, 128)]
    discriminator = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * side**2, 1))
    for module in (*generator.modules(), *discriminator.modules()):
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)
    return generator, discriminator
