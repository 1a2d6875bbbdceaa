"""A generator as a page holds it: plain layers, which `generator.js` runs with no kernel and no network."""

import base64
import copy
from collections import OrderedDict
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from ...errors import GameError
from ...networks.residual import Doubling

POINTWISE = {nn.ReLU: "relu", nn.LeakyReLU: "leaky", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid"}
WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
ENLARGING = {"nearest": "enlarge", "bilinear": "interpolate"}
SHAPING = (nn.Identity, nn.Dropout, nn.Flatten, nn.Unflatten)  # they change no number in eval mode; the page knows all shapes
CAN = (
    "a page runs linear layers, square convolutions with zeros or reflections around, transposed ones with zeros, BatchNorm with "
    "running statistics, ReLU, LeakyReLU, tanh, sigmoid, enlargement by nearest neighbours or bilinear interpolation (without "
    "align_corners), and the blocks of networks.residual_generator."
)


class Sum(nn.Module):
    """The sum of what branches, each a `nn.Sequential`, make of the same input."""

    def __init__(self, *branches: nn.Sequential):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return sum(branch(x) for branch in self.branches)


def exported(generator: nn.Sequential, inputs: int) -> dict:
    """What a page needs in order to do what a generator does in eval mode: {inputs, shape, layers}, all of it JSON.

    generator: from (N, inputs) to images (N, C, H, W), grey or in colour; it stays as it is. Weights are kept as eight bits, with a
    scale for each output, a quarter of the size that they have as float32. Raises GameError as `folded` does, and for a generator
    that makes no such images.
    """
    with torch.no_grad():
        layers, x = _run(folded(generator), torch.zeros(1, inputs))
    if x.dim() != 4 or x.shape[1] not in (1, 3):
        raise GameError(f"a page shows images (N, C, H, W) with 1 or 3 channels; this generator makes {tuple(x.shape)}.")
    return {"inputs": inputs, "shape": list(x.shape[1:]), "layers": layers}


def _run(layers: nn.Sequential, x: Tensor) -> tuple[list[dict], Tensor]:
    """Folded layers as JSON, each with the shapes from which and to which it leads, and what they make of x."""
    written = []
    for layer in layers:
        before, y = x.shape[1:], layer(x)
        if isinstance(layer, nn.Linear) and len(before) > 1:
            raise GameError(f"{layer} cannot be exported: in a page a linear layer takes (N, features), not {tuple(before)}.")
        if isinstance(layer, Sum):
            entry = {"kind": "sum", "branches": [_run(branch, x)[0] for branch in layer.branches]}
        else:
            entry = {} if isinstance(layer, SHAPING) else _written(layer)
        if entry:
            written.append(entry | {"from": list(before), "to": list(y.shape[1:])})
        x = y
    return written, x


def folded(generator: nn.Sequential) -> nn.Sequential:
    """A generator in eval mode as plain layers, float32 on the CPU: without nesting, without parametrisations, residual blocks as
    `Sum`, and without BatchNorm wherever a layer with weights comes before it, of which it is then part. Raises GameError that names
    the first layer with which this cannot be done."""
    return _folded(copy.deepcopy(generator).cpu().float().eval())


def _folded(network: nn.Module, of: str = "") -> nn.Sequential:
    """`folded`, of a network or of a part of it that is called `of`."""
    layers = []
    for name, layer in _flat(network, of):
        last = next((each for each in reversed(layers) if not isinstance(each, (*SHAPING, nn.Upsample))), None)
        if isinstance(layer, (*POINTWISE, *SHAPING)):
            layers.append(layer)
        elif isinstance(layer, BatchNorm) and layer.running_mean is not None:
            if isinstance(last, WEIGHTED):
                _fold(last, layer)  # also across an enlargement, whose weights sum to 1
            else:
                layers.append(layer)
        elif isinstance(layer, Doubling):
            shortcut = nn.Sequential(OrderedDict(shortcut=layer.shortcut, enlarge=layer.enlarge))
            layers.append(Sum(_folded(shortcut, name), _folded(layer.change, f"{name}.change")))
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
        edges = ("zeros", "reflect") if isinstance(layer, nn.Conv2d) else ("zeros",)
        usual = (layer.groups, layer.dilation, layer.output_padding) == (1, (1, 1), (0, 0)) and layer.padding_mode in edges
        if not (square and usual):
            return None
        kind = nn.ConvTranspose2d if isinstance(layer, nn.ConvTranspose2d) else nn.Conv2d
        plain = kind(layer.in_channels, layer.out_channels, kernel, stride, padding, padding_mode=layer.padding_mode)
    elif isinstance(layer, nn.Upsample):
        usual = layer.mode in ENLARGING and not layer.align_corners
        whole = isinstance(layer.scale_factor, float) and layer.scale_factor.is_integer()
        return nn.Upsample(scale_factor=int(layer.scale_factor), mode=layer.mode) if usual and whole else None
    else:
        return None
    with torch.no_grad():
        plain.weight.copy_(layer.weight)
        plain.bias.copy_(torch.zeros_like(plain.bias) if layer.bias is None else layer.bias)
    return plain


@torch.no_grad()
def _fold(layer: nn.Module, norm: BatchNorm) -> None:
    """Makes a layer do what it and the norm behind it do in eval mode: scale (W x + b) + shift."""
    scale, shift = _scale_and_shift(norm)
    places = len(layer.bias) // len(scale)  # of a channel, where a linear layer makes a whole map
    scale, shift = (each.repeat_interleave(places) for each in (scale, shift))
    outputs = _outputs(layer)
    layer.weight.mul_(scale.view([-1 if axis == outputs else 1 for axis in range(layer.weight.dim())]))
    layer.bias.copy_(scale * layer.bias + shift)


@torch.no_grad()
def _scale_and_shift(norm: BatchNorm) -> tuple[Tensor, Tensor]:
    """What a norm does to each channel in eval mode: scale x + shift, where scale is weight / sqrt(variance + eps)."""
    scale = (norm.running_var + norm.eps).rsqrt()
    scale, bias = (scale, 0) if norm.weight is None else (scale * norm.weight, norm.bias)
    return scale, bias - scale * norm.running_mean


def _outputs(layer: nn.Module) -> int:
    """The axis of a weight along which lie the layer's outputs."""
    return 1 if isinstance(layer, nn.ConvTranspose2d) else 0


def _written(layer: nn.Module) -> dict:
    """A layer as JSON."""
    if isinstance(layer, nn.Upsample):
        return {"kind": ENLARGING[layer.mode], "by": int(layer.scale_factor)}
    if isinstance(layer, BatchNorm):
        scale, shift = _scale_and_shift(layer)
        return {"kind": "scale", "scale": _base64(scale), "shift": _base64(shift)}
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
    return {"kind": kind, "edges": layer.padding_mode} | window | weights


def _base64(tensor: Tensor) -> str:
    """The numbers of a tensor, int8 or float32, lowest byte first."""
    numbers = tensor.contiguous().numpy()
    return base64.b64encode(numbers.astype(numbers.dtype.newbyteorder("<")).tobytes()).decode()
