# %% 2.1 right
nats = 180
bits_of_image = nats * math.log2(math.e)
bits_per_dimension, code_bytes = bits_of_image / PIXELS, bits_of_image / 8

# %% 2.1 right
import numpy as np

bits_per_dimension = np.float32(180 / np.log(2) / 64)
code_bytes = torch.tensor(180 / math.log(2)) / 8

# %% 2.1 wrong: that is nats per dimension
bits_per_dimension, code_bytes = 180 / 64, 180 / math.log(2) / 8

# %% 2.1 wrong: for the whole image, not for a dimension
bits_per_dimension, code_bytes = 180 / math.log(2), 180 / math.log(2) / 8

# %% 2.1 wrong: from nats to bits one divides by log 2
bits_per_dimension, code_bytes = 180 * math.log(2) / 64, 180 / math.log(2) / 8

# %% 2.1 wrong: a code's length is positive
bits_per_dimension, code_bytes = -180 / math.log(2) / 64, 180 / math.log(2) / 8

# %% 2.1 wrong: those are bits
bits_per_dimension, code_bytes = 180 / math.log(2) / 64, 180 / math.log(2)

# %% 2.1 wrong: from nats, not from bits
bits_per_dimension, code_bytes = 180 / math.log(2) / 64, 180 / 8

# %% 2.1 wrong: from nats to bits one divides by log 2
bits_per_dimension, code_bytes = 180 / math.log(2) / 64, 180 * math.log(2) / 8

# %% 2.1 wrong
code_bytes, bits_per_dimension = 180 / math.log(2) / 8, 180 / math.log(2) / 8


# %% 2.1 wrong: no whole number of bytes
bits_per_dimension, code_bytes = 180 / math.log(2) / 64, 33


# %% 2.2 right
def log_density_of_x(z, a):
    standard = torch.distributions.Normal(0.0, 1.0)
    stretch = torch.autograd.functional.jacobian(lambda t: (t + a * torch.sin(t)).sum(), z)
    return standard.log_prob(z) - stretch.log()


# %% 2.2 right
import numpy as np


def log_density_of_x(z, a):
    z = np.asarray(z)
    return np.log(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / np.abs(1 + a * np.cos(z)))


# %% 2.2 wrong: where g stretches, the density thins out
def log_density_of_x(z, a):
    return -0.5 * z**2 - 0.5 * math.log(2 * math.pi) + torch.log(1 + a * torch.cos(z))


# %% 2.2 wrong: that is the density of z
def log_density_of_x(z, a):
    return -0.5 * z**2 - 0.5 * math.log(2 * math.pi)


# %% 2.2 wrong: the derivative of a sin z is a cos z
def log_density_of_x(z, a):
    return -0.5 * z**2 - 0.5 * math.log(2 * math.pi) - torch.log(1 - a * torch.cos(z))


# %% 2.2 wrong: that is the density, not its logarithm
def log_density_of_x(z, a):
    return torch.exp(-0.5 * z**2) / math.sqrt(2 * math.pi) / (1 + a * torch.cos(z))


# %% 2.2 wrong: the normal density has a constant, too
def log_density_of_x(z, a):
    return -0.5 * z**2 - torch.log(1 + a * torch.cos(z))


# %% 2.2 wrong
def log_density_of_x(z, a):
    return (-0.5 * z**2 - 0.5 * math.log(2 * math.pi) - torch.log(1 + a * torch.cos(z))).sum()


# %% 2.2 right
def log_density_of_x(z, a):
    return -(z**2) / 2 - torch.log(torch.tensor(2 * torch.pi)) / 2 - torch.log1p(a * torch.cos(z))


# %% 2.2 wrong
def log_density_of_x(z, a):
    return -0.5 * z**2 - 0.5 * math.log(2 * math.pi) - torch.log(1 + abs(a) * torch.cos(z))


# %% 2.2 wrong
def log_density_of_x(z, a):
    x = z + a * torch.sin(z)  # the normal density at x, not at the z it came from
    return -0.5 * x**2 - 0.5 * math.log(2 * math.pi) - torch.log(1 + a * torch.cos(z))


# %% 2.3 right
import itertools


def count_log_partition(weight, visible, hidden):
    total = 0.0
    for v in itertools.product([0.0, 1.0], repeat=len(visible)):
        for h in itertools.product([0.0, 1.0], repeat=len(hidden)):
            v_, h_ = torch.tensor(v), torch.tensor(h)
            total += math.exp(h_ @ weight @ v_ + v_ @ visible + h_ @ hidden)
    return math.log(total)


# %% 2.3 right
def count_log_partition(weight, visible, hidden):
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * len(visible))
    causes = torch.log1p(torch.exp(states @ weight.T + hidden)).sum(1)
    return torch.logsumexp(states @ visible + causes, 0)


# %% 2.3 wrong: that is the number of states
def count_log_partition(weight, visible, hidden):
    return (len(visible) + len(hidden)) * math.log(2)


# %% 2.3 wrong: the weights are missing
def count_log_partition(weight, visible, hidden):
    return torch.log1p(visible.exp()).sum() + torch.log1p(hidden.exp()).sum()


# %% 2.3 wrong: that is Z, not its logarithm
def count_log_partition(weight, visible, hidden):
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * len(visible))
    return ((states @ visible).exp() * (1 + (states @ weight.T + hidden).exp()).prod(1)).sum()


# %% 2.3 wrong: that is minus log Z
def count_log_partition(weight, visible, hidden):
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * len(visible))
    causes = torch.log1p(torch.exp(states @ weight.T + hidden)).sum(1)
    return -torch.logsumexp(states @ visible + causes, 0)


# %% 2.3 wrong
def count_log_partition(weight, visible, hidden):  # pixels and causes as if they were -1 or 1
    states = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * len(visible))
    causes = (states @ weight.T + hidden).cosh().mul(2).log().sum(1)
    return torch.logsumexp(states @ visible + causes, 0)


# %% 2.3 wrong
def count_log_partition(weight, visible, hidden):  # the shape of the weights the other way round
    states = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * len(visible))
    return torch.logsumexp(states @ visible + torch.log1p(torch.exp(states @ weight + hidden)).sum(1), 0)


# %% 2.3 wrong
import itertools


def count_log_partition(weight, visible, hidden):
    total = 0.0
    for v in itertools.product([0.0, 1.0], repeat=4):  # the sizes of one machine
        for h in itertools.product([0.0, 1.0], repeat=3):
            v_, h_ = torch.tensor(v), torch.tensor(h)
            total += math.exp(h_ @ weight @ v_ + v_ @ visible + h_ @ hidden)
    return math.log(total)


# %% 2.4 right
precision = 1 + 2**2
encoder_variance = 1 / precision
encoder_mean = encoder_variance * 2 * 3
posterior = torch.distributions.Normal(encoder_mean, math.sqrt(encoder_variance))
prior_wide = torch.distributions.Normal(encoder_mean, 1.0)
gap = torch.distributions.kl_divergence(prior_wide, posterior)

# %% 2.4 wrong: that is x / 2, without a prior
encoder_mean, encoder_variance, gap = 1.5, 0.2, 0.5 * (4 - math.log(5))

# %% 2.4 wrong: that is a fifth of x
encoder_mean, encoder_variance, gap = 0.6, 0.2, 0.5 * (4 - math.log(5))

# %% 2.4 wrong: that is the prior's
encoder_mean, encoder_variance, gap = 1.2, 1, 0.5 * (4 - math.log(5))

# %% 2.4 wrong: that is the standard deviation
encoder_mean, encoder_variance, gap = 1.2, 0.2**0.5, 0.5 * (4 - math.log(5))

# %% 2.4 wrong: that is the variance of x
encoder_mean, encoder_variance, gap = 1.2, 5, 0.5 * (4 - math.log(5))

# %% 2.4 wrong: that is without a prior
encoder_mean, encoder_variance, gap = 1.2, 0.25, 0.5 * (4 - math.log(5))

# %% 2.4 wrong: the divergence the other way round
encoder_mean, encoder_variance, gap = 1.2, 0.2, 0.5 * (0.2 - 1 + math.log(5))

# %% 2.4 wrong: by how much it is too low: a positive number
encoder_mean, encoder_variance, gap = 1.2, 0.2, -0.5 * (4 - math.log(5))

# %% 2.4 wrong: the one half is missing
encoder_mean, encoder_variance, gap = 1.2, 0.2, 4 - math.log(5)

# %% 2.4 wrong: that is the prior's
encoder_variance, encoder_mean, gap = 1.0, 1.2, 0.5 * (4 - math.log(5))


# %% 2.4 right
cov = torch.tensor([[1.0, 2.0], [2.0, 5.0]])  # of z and x
encoder_mean = cov[0, 1] / cov[1, 1] * 3
encoder_variance = cov[0, 0] - cov[0, 1] ** 2 / cov[1, 1]
gap = 1.2


# %% 2.5 right
def perfect_guess(z, a, s):
    chance = torch.sigmoid(2 * a * z / s**2)
    return chance - (1 - chance)


# %% 2.5 right
def perfect_guess(z, a, s):
    grid = torch.tensor([-1.0, 1.0], dtype=z.dtype)
    logits = -((z.unsqueeze(1) - a * grid) ** 2) / (2 * s**2)
    return (logits.softmax(1) * grid).sum(1)


# %% 2.5 wrong: that is the likelier of the two, not the mean
def perfect_guess(z, a, s):
    return torch.sign(z)


# %% 2.5 wrong: that is z scaled back
def perfect_guess(z, a, s):
    return z / a


# %% 2.5 wrong: that is the chance of x = 1
def perfect_guess(z, a, s):
    return torch.sigmoid(2 * a * z / s**2)


# %% 2.5 wrong: divided by s, where s² belongs
def perfect_guess(z, a, s):
    return torch.tanh(a * z / s)


# %% 2.5 wrong: half of the slope
def perfect_guess(z, a, s):
    return 2 * torch.sigmoid(a * z / s**2) - 1


# %% 2.5 wrong: that is the noise
def perfect_guess(z, a, s):
    return (z - a * torch.tanh(a * z / s**2)) / s


# %% 2.5 wrong: the sign is turned round
def perfect_guess(z, a, s):
    return -torch.tanh(a * z / s**2)


# %% 2.5 wrong
def perfect_guess(z, a, s):  # as if x were normal, and the best guess a straight line
    return a * z / (a**2 + s**2)


# %% 2.5 wrong: nobody says that a² + s² is 1
def perfect_guess(z, a, s):
    return torch.tanh(a * z / (1 - a**2))


# %% 2.6 right
def importance_weighted():
    class Eight(VAE):
        def draw(self, batch, rng):
            return super().draw(batch.repeat(8, 1, 1, 1), rng)

        def model_cost(self, draw):
            mean, log_std = self.encode(draw.images)
            guess = torch.distributions.Normal(mean, log_std.exp())
            latent = mean + log_std.exp() * draw.noise
            prior = torch.distributions.Normal(0.0, 1.0).log_prob(latent).sum(1)
            log_w = self.log_likelihood(draw.images, latent) + prior - guess.log_prob(latent).sum(1)
            return math.log(8) - torch.logsumexp(log_w.view(8, -1), 0).mean()

    return Eight


# %% 2.6 wrong: that is minus the ELBO, the bound with one weight
def importance_weighted():
    return VAE


# %% 2.6 wrong: the sign: a cost is minimised
def importance_weighted():
    class Eight(VAE):
        def draw(self, batch, rng):
            return super().draw(batch.repeat(8, 1, 1, 1), rng)

        def model_cost(self, draw):
            mean, log_std = self.encode(draw.images)
            latent = mean + log_std.exp() * draw.noise
            ratio = (0.5 * (draw.noise.square() - latent.square()) + log_std).sum(1)
            log_w = self.log_likelihood(draw.images, latent) + ratio
            return bound(log_w.view(8, -1)).mean()

    return Eight


# %% 2.6 wrong: the log of a sum, not of a mean
def importance_weighted():
    class Eight(VAE):
        def draw(self, batch, rng):
            return super().draw(batch.repeat(8, 1, 1, 1), rng)

        def model_cost(self, draw):
            mean, log_std = self.encode(draw.images)
            latent = mean + log_std.exp() * draw.noise
            ratio = (0.5 * (draw.noise.square() - latent.square()) + log_std).sum(1)
            log_w = self.log_likelihood(draw.images, latent) + ratio
            return -torch.logsumexp(log_w.view(8, -1), 0).mean()

    return Eight


# %% 2.6 wrong: that is minus the ELBO, the bound with one weight
def importance_weighted():
    class Eight(VAE):  # eight latents, but the mean of logarithms instead of the logarithm of the mean
        def draw(self, batch, rng):
            return super().draw(batch.repeat(8, 1, 1, 1), rng)

    return Eight


# %% 2.6 wrong
def importance_weighted():
    return fit(VAE(SHAPE).to(device), 2, lr=1e-3, score=elbo, every=2, seed=SEED)[0]


# %% 2.6 wrong: is for measuring
def importance_weighted():
    class Eight(VAE):
        def draw(self, batch, rng):
            return Draw(images=batch, rng=rng)

        def model_cost(self, draw):
            return -bound(self.log_weights(draw.images, 8, draw.rng)).mean()

    return Eight


# %% 2.6 wrong: no gradient comes back to the encoder
def importance_weighted():
    class Eight(VAE):
        def draw(self, batch, rng):
            return super().draw(batch.repeat(8, 1, 1, 1), rng)

        def model_cost(self, draw):
            with torch.no_grad():
                mean, log_std = self.encode(draw.images)
            latent = mean + log_std.exp() * draw.noise
            ratio = (0.5 * (draw.noise.square() - latent.square()) + log_std).sum(1)
            log_w = self.log_likelihood(draw.images, latent) + ratio
            return -bound(log_w.view(8, -1)).mean()

    return Eight


# %% 2.6 wrong
def importance_weighted():
    class Eight(VAE):  # the images' copies stand side by side, and are cut as if they stood in eight rows
        def draw(self, batch, rng):
            return super().draw(batch.repeat_interleave(8, 0), rng)

        def model_cost(self, draw):
            mean, log_std = self.encode(draw.images)
            latent = mean + log_std.exp() * draw.noise
            ratio = (0.5 * (draw.noise.square() - latent.square()) + log_std).sum(1)
            log_w = self.log_likelihood(draw.images, latent) + ratio
            return -bound(log_w.view(8, -1)).mean()

    return Eight
