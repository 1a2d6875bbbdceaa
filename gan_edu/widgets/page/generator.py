"""A generator as a page holds it: plain layers, which `generator.js` runs with no kernel and no network."""

import base64
import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from ...errors import GameError

POINTWISE = {nn.ReLU: "relu", nn.LeakyReLU: "leaky", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid"}
SHAPING = (nn.Identity, nn.Dropout, nn.Flatten, nn.Unflatten)  # they change no number in eval mode; the page knows all shapes
CAN = (
    "a page runs linear layers, square convolutions with zeros around, also transposed, BatchNorm with running statistics after "
    "these, ReLU, LeakyReLU, tanh, sigmoid, and enlargement by nearest neighbours."
)


def exported(generator: nn.Sequential, inputs: int) -> dict:
    """What a page needs in order to do what a generator does in eval mode: {inputs, shape, layers}, all of it JSON.

    generator: from (N, inputs) to images (N, C, H, W), grey or in colour; it stays as it is. Weights are kept as eight bits, with a
    scale for each output, a quarter of the size that they have as float32. Raises GameError as `folded` does, and for a generator
    that makes no such images.
    """
    layers = []
    with torch.no_grad():
        x = torch.zeros(1, inputs)
        for layer in folded(generator):
            before, x = x.shape[1:], layer(x)
            if isinstance(layer, nn.Linear) and len(before) > 1:
                raise GameError(
                    f"{layer} cannot be exported: in a page a linear layer takes (N, features), not {tuple(before)}."
                )
            if not isinstance(layer, SHAPING):
                layers.append(_written(layer) | {"from": list(before), "to": list(x.shape[1:])})
    if x.dim() != 4 or x.shape[1] not in (1, 3):
        raise GameError(f"a page shows images (N, C, H, W) with 1 or 3 channels; this generator makes {tuple(x.shape)}.")
    return {"inputs": inputs, "shape": list(x.shape[1:]), "layers": layers}


def folded(generator: nn.Sequential) -> nn.Sequential:
    """A generator in eval mode as plain layers, float32 on the CPU: without nesting, without parametrisations, and without BatchNorm,
    which is part of the layer before. Raises GameError that names the first layer with which this cannot be done."""
    layers = []
    for name, layer in _flat(copy.deepcopy(generator).cpu().float().eval()):
        last = next((each for each in reversed(layers) if not isinstance(each, SHAPING)), None)
        if isinstance(layer, (*POINTWISE, *SHAPING)):
            layers.append(layer)
        elif isinstance(layer, BatchNorm) and layer.running_mean is not None and hasattr(last, "weight"):
            _fold(last, layer)
        elif (plain := _plain(layer)) is not None:
            layers.append(plain)
        else:
            raise GameError(f"{f'layer {name}' if name else 'a generator'}, {layer}, cannot be exported: {CAN}")
    return nn.Sequential(*layers).eval()


def _flat(network: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The layers of a network that is a sequence, or a sequence of sequences, by their names."""
    if not isinstance(network, nn.Sequential):
        yield name, network
        return
    for key, layer in network.named_children():
        yield from _flat(layer, f"{name}.{key}" if name else key)


def _plain(layer: nn.Module) -> nn.Module | None:
    """A layer with weights of its own, or one that enlarges; None for what a page cannot run."""
    if isinstance(layer, nn.Linear):
        plain = nn.Linear(layer.in_features, layer.out_features)
    elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        kernel, stride, padding = layer.kernel_size, layer.stride, layer.padding
        square = all(isinstance(each, tuple) and each[0] == each[1] for each in (kernel, stride, padding))
        usual = (layer.groups, layer.dilation, layer.output_padding, layer.padding_mode) == (1, (1, 1), (0, 0), "zeros")
        if not (square and usual):
            return None
        kind = nn.ConvTranspose2d if isinstance(layer, nn.ConvTranspose2d) else nn.Conv2d
        plain = kind(layer.in_channels, layer.out_channels, kernel, stride, padding)
    elif isinstance(layer, nn.Upsample) and layer.mode == "nearest" and isinstance(layer.scale_factor, float):
        return nn.Upsample(scale_factor=int(layer.scale_factor)) if layer.scale_factor.is_integer() else None
    else:
        return None
    with torch.no_grad():
        plain.weight.copy_(layer.weight)
        plain.bias.copy_(torch.zeros_like(plain.bias) if layer.bias is None else layer.bias)
    return plain


@torch.no_grad()
def _fold(layer: nn.Module, norm: BatchNorm) -> None:
    """Makes a layer do what it and the norm behind it do in eval mode: scale (W x + b - mean) + shift, where scale is
    weight / sqrt(variance + eps)."""
    mean, scale = norm.running_mean, (norm.running_var + norm.eps).rsqrt()
    scale, shift = (scale, torch.zeros_like(mean)) if norm.weight is None else (scale * norm.weight, norm.bias)
    places = len(layer.bias) // len(mean)  # of a channel, where a linear layer makes a whole map
    mean, shift, scale = (each.repeat_interleave(places) for each in (mean, shift, scale))
    outputs = _outputs(layer)
    layer.weight.mul_(scale.view([-1 if axis == outputs else 1 for axis in range(layer.weight.dim())]))
    layer.bias.copy_(scale * (layer.bias - mean) + shift)


def _outputs(layer: nn.Module) -> int:
    """The axis of a weight along which lie the layer's outputs."""
    return 1 if isinstance(layer, nn.ConvTranspose2d) else 0


def _written(layer: nn.Module) -> dict:
    """A layer as JSON."""
    if isinstance(layer, nn.Upsample):
        return {"kind": "enlarge", "by": int(layer.scale_factor)}
    if type(layer) in POINTWISE:
        slope = {"slope": layer.negative_slope} if isinstance(layer, nn.LeakyReLU) else {}
        return {"kind": POINTWISE[type(layer)]} | slope
    outputs = layer.weight.detach().movedim(_outputs(layer), 0)
    scale = (outputs.abs().flatten(1).amax(1) / 127).clamp(min=1e-12)
    whole = (outputs / scale.view(-1, *[1] * (outputs.dim() - 1))).round().to(torch.int8)
    weights = {
        "weight": _base64(whole.movedim(0, _outputs(layer))),
        "scale": _base64(scale),
        "bias": _base64(layer.bias.detach()),
    }
    if isinstance(layer, nn.Linear):
        return {"kind": "linear"} | weights
    kind = "transposed" if isinstance(layer, nn.ConvTranspose2d) else "convolution"
    window = {"kernel": layer.kernel_size[0], "stride": layer.stride[0], "padding": layer.padding[0]}
    return {"kind": kind} | window | weights


def _base64(tensor: Tensor) -> str:
    """The numbers of a tensor, int8 or float32, lowest byte first."""
    numbers = tensor.contiguous().numpy()
    return base64.b64encode(numbers.astype(numbers.dtype.newbyteorder("<")).tobytes()).decode()
