# %% 5.1 right
padding, output_padding = (5 - 1) // 2, 1

# %% 5.1 wrong: that is one row short
padding, output_padding = 2, 0

# %% 5.1 wrong: that is right for kernel 4; with kernel 5 it is one row too many
padding, output_padding = 1, 0

# %% 5.1 wrong
padding, output_padding = 1, 2

# %% 5.1 wrong
padding, output_padding = 0, 0


# %% 5.1 right
padding, output_padding = (5 - 1) / 2, torch.tensor(1)


# %% 5.1 wrong: no parts of rows
padding, output_padding = 1.5, 0  # 2(n − 1) + 5 − 2 · 1.5 is 2n, but there is no half a row


# %% 5.2 right
half_life = next(n for n in range(1, 1000) if 0.995**n <= 0.5)
half_life_early = (1 - 0.5 ** (1 / 9)) * 1000

# %% 5.2 wrong: that is the mean age
half_life, half_life_early = 1 / 0.005, 74

# %% 5.2 wrong: that is its reciprocal
half_life, half_life_early = 1 / 138, 74

# %% 5.2 wrong: that is for the constant weight
half_life, half_life_early = 138.3, 139.0

# %% 5.2 wrong: a half of the rounds
half_life, half_life_early = 138.3, 500

# %% 5.2 wrong: the one round's weight
half_life, half_life_early = 138.3, 1009 / 9


# %% 5.2 wrong: earlier rounds had larger weights
half_life, half_life_early = 138, math.log(0.5) / math.log(1 - 9 / 1009)


# %% 5.3 right
def dependence(network, train_mode):
    import copy

    twin = copy.deepcopy(network)
    twin.train() if train_mode else twin.eval()
    z = torch.linspace(-1, 1, 64, device=device).repeat(8, 1)
    other = z.clone()
    other[1:] = -3 * other[1:].flip(1)
    with torch.no_grad():
        return float((twin(z)[0] - twin(other)[0]).abs().max())


# %% 5.3 wrong: the two modes are confused
def dependence(network, train_mode):
    return 0.0 if train_mode else 0.5


# %% 5.3 wrong: the mode makes no difference to you
def dependence(network, train_mode):
    return 0.5


# %% 5.3 wrong
def dependence(network, train_mode):
    return 0.0


# %% 5.3 right
def dependence(network, train_mode):
    state, was = {name: value.clone() for name, value in network.state_dict().items()}, network.training
    z = torch.randn(16, 64, device=device)
    other = torch.cat([z[:1], torch.randn(15, 64, device=device)])
    change = (network.train(train_mode)(z)[0] - network(other)[0]).abs().max()
    network.load_state_dict(state)
    network.train(was)
    return change


# %% 5.3 wrong: is it measured
def dependence(network, train_mode):
    return 0.5 if train_mode else 0.0


# %% 5.3 wrong: measure with a copy
def dependence(network, train_mode):
    network.train(train_mode)
    z, other = torch.randn(2, 16, 64, device=device)
    other[0] = z[0]
    with torch.no_grad():
        return (network(z)[0] - network(other)[0]).abs().max().item()


# %% 5.3 wrong: are the others replaced
def dependence(network, train_mode):
    import copy

    network = copy.deepcopy(network).train(train_mode)
    z = torch.randn(16, 64, device=device)
    other = torch.cat([z[:1], z[1:].flip(0)])  # the same others in another order
    with torch.no_grad():
        return (network(z)[0] - network(other)[0]).abs().max().item()


# %% 5.3 wrong: the first latent must stay the same
def dependence(network, train_mode):
    import copy

    network = copy.deepcopy(network).train(train_mode)
    z, other = torch.randn(2, 16, 64, device=device)
    with torch.no_grad():
        return (network(z)[0] - network(other)[0]).abs().max().item()


# %% 5.4 right
class Double(nn.Sequential):
    def __init__(self, inputs, outputs):
        doubling = nn.Upsample(scale_factor=2, mode="nearest")
        super().__init__(doubling, nn.Conv2d(inputs, outputs, 3, padding="same"))


multiplications_ratio = 3 * 3 / (4 * 4 / 2**2)


# %% 5.4 right
class Double(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))

    def forward(self, x):
        return conv2d(x.repeat_interleave(2, 2).repeat_interleave(2, 3), self.weight, padding=1)


multiplications_ratio = 2.25


# %% 5.4 wrong
class Double(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.layer = nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)

    def forward(self, x):
        return self.layer(x)


multiplications_ratio = 2.25


# %% 5.4 wrong: through weights of its own
class Double(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.layer = nn.ConvTranspose2d(inputs, outputs, kernel_size=4, stride=2, padding=1)

    def forward(self, x):
        return self.layer(x)


multiplications_ratio = 2.25


# %% 5.4 wrong
class Double(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel_size=3)

    def forward(self, x):
        return self.convolution(nn.functional.interpolate(x, scale_factor=2))


multiplications_ratio = 2.25


# %% 5.4 wrong: not through all 16 weights
class Double(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)

    def forward(self, x):
        return self.convolution(nn.functional.interpolate(x, scale_factor=2))


multiplications_ratio = 9 / 16


# %% 5.4 wrong: that is the reciprocal
class Double(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)

    def forward(self, x):
        return self.convolution(nn.functional.interpolate(x, scale_factor=2))


multiplications_ratio = 4 / 9


# %% 5.4 wrong: kernel 3 is not kernel 4
class Double(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)

    def forward(self, x):
        return self.convolution(nn.functional.interpolate(x, scale_factor=2))


multiplications_ratio = 1


# %% 5.4 right
class Double(nn.Conv2d):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, 3, padding=1, padding_mode="reflect")

    def forward(self, x):
        return super().forward(torch.kron(x, torch.ones(2, 2)))


multiplications_ratio = torch.tensor([2.25])


# %% 5.4 wrong: copies do not blend
class Double(nn.Sequential):
    def __init__(self, inputs, outputs):
        super().__init__(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(inputs, outputs, 3, padding=1))


multiplications_ratio = 2.25


# %% 5.4 wrong: they come first
class Double(nn.Sequential):
    def __init__(self, inputs, outputs):
        super().__init__(nn.Conv2d(inputs, outputs, 3, padding=1), nn.Upsample(scale_factor=2))


multiplications_ratio = 2.25


# %% 5.4 wrong: its own 2 × 2 block only
class Double(nn.Sequential):
    def __init__(self, inputs, outputs):
        super().__init__(nn.Upsample(scale_factor=2), nn.Conv2d(inputs, outputs, 1))


multiplications_ratio = 2.25


# %% 5.5 right
leans = torch.stack([slant(generate(many + s * direction)).mean() for s in range(-2, 3)])
mean_slants = leans
second_over_first = float(leans[4] - leans[3]) / float(leans[3] - leans[2])

# %% 5.5 wrong
mean_slants = [at_zero_ + 1.0 for at_zero_ in [slant(generate(many)).mean().item()] * 5]
second_over_first = 1.0

# %% 5.5 wrong: that is the first over the second
mean_slants = [slant(generate(many + s * direction)).mean().item() for s in (-2, -1, 0, 1, 2)]
second_over_first = (mean_slants[3] - mean_slants[2]) / (mean_slants[4] - mean_slants[3])

# %% 5.5 wrong: that is both steps together over the first
mean_slants = [slant(generate(many + s * direction)).mean().item() for s in (-2, -1, 0, 1, 2)]
second_over_first = (mean_slants[4] - mean_slants[2]) / (mean_slants[3] - mean_slants[2])

# %% 5.5 wrong
mean_slants = [slant(generate(many + s * direction)).mean().item() for s in (0, 1, 2, 3, 4)]
second_over_first = (mean_slants[4] - mean_slants[3]) / (mean_slants[3] - mean_slants[2])


# %% 5.5 wrong
mean_slants = [slant(generate(many + s * direction)).mean().item() for s in torch.linspace(-1, 1, 5)]  # half steps
second_over_first = (mean_slants[4] - mean_slants[3]) / (mean_slants[3] - mean_slants[2])


# %% 5.5 wrong
mean_slants = [slant(generate(many + s * direction)).mean().item() for s in (-2, -1, 0, 1, 2)]
second_over_first = mean_slants[4] / mean_slants[3]  # the means, and not what the steps have added


# %% 5.6 right
my_images, my_game = flowers, flower_run.average
my_distance = metrics.Examiner(my_images, 50, device).examine(draw(my_game, 50)).value

# %% 5.6 wrong
my_images, my_game, my_distance = flowers, dcgan, 3.0

# %% 5.6 wrong
my_images, my_game, my_distance = flowers, flower_run.average, -1.0


# %% 5.6 wrong
my_images, my_game, my_distance = flowers, flower_run.average, float("inf")
