"""Many copies of a network in one pass, and many batches in one: what makes a course over seeds affordable."""

import copy

import torch
from torch import nn
from torch.func import functional_call, stack_module_state
from torch.nn.utils.parametrize import is_parametrized

from ..errors import GameError
from ..games import drops
from .layers import BesideReference, Centred, FourierFeatures, Heads, Noise, Residual, SumPool, VirtualBatchNorm

POINTWISE = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.Dropout, FourierFeatures)
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


ONE_BY_ONE = {
    *(nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
    *(nn.Identity, nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Sigmoid, nn.Tanh),
    *(nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.LayerNorm, nn.GroupNorm),
    *(nn.AvgPool2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Upsample, nn.PixelShuffle, nn.ZeroPad2d, nn.ReflectionPad2d),
    *(nn.Sequential, nn.ModuleList, Heads, Centred, Noise, SumPool, Residual, FourierFeatures),
    *(VirtualBatchNorm, BesideReference),
}
"""Layers, and what holds them, that make of each sample what they would make of it alone."""


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
