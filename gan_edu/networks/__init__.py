"""Networks: multilayer perceptrons, convolutional generators and discriminators, translators, and ensembles of any of them."""

from .dcgan import dcgan_discriminator, dcgan_generator, smallest_map, sum_pool_discriminator, upsampler
from .ensemble import Ensemble, judges_apart
from .layers import (
    Centred,
    FourierFeatures,
    Heads,
    MinibatchDiscrimination,
    Noise,
    Packed,
    Residual,
    SumPool,
    dcgan_initialise,
    he_initialise,
    infer,
    leaky_relu,
    mlp,
    spectral,
    virtual_batch_norm,
)
from .residual import residual_generator
from .translation import UNet, patchgan, residual_translator

__all__ = [
    "Centred",
    "Ensemble",
    "FourierFeatures",
    "Heads",
    "MinibatchDiscrimination",
    "Noise",
    "Packed",
    "Residual",
    "SumPool",
    "UNet",
    "dcgan_discriminator",
    "dcgan_generator",
    "dcgan_initialise",
    "he_initialise",
    "infer",
    "judges_apart",
    "leaky_relu",
    "mlp",
    "patchgan",
    "residual_generator",
    "residual_translator",
    "smallest_map",
    "spectral",
    "sum_pool_discriminator",
    "upsampler",
    "virtual_batch_norm",
]
