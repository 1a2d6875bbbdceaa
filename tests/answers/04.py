# %% 4.1 right
keras_discriminator_parameters = (784 + 1) * 1024 + (1024 + 1) * 512 + (512 + 1) * 256 + 257

# %% 4.1 wrong: each unit has a bias, too
keras_discriminator_parameters = 784 * 1024 + 1024 * 512 + 512 * 256 + 256

# %% 4.1 wrong: that is its generator
keras_discriminator_parameters = 101 * 256 + 257 * 512 + 513 * 1024 + 1025 * 784

# %% 4.1 wrong
keras_discriminator_parameters = 784 * 1024 + 1024 * 512 + 512 * 256 + 256 + 1


# %% 4.2 right
def leaked_gradient(generator, discriminator, real, z):
    on_real, on_fake = discriminator(torch.cat([real, generator(z)])).chunk(2)
    generator.zero_grad()
    loss = nn.functional.binary_cross_entropy_with_logits
    (loss(on_real, torch.ones_like(on_real)) + loss(on_fake, torch.zeros_like(on_fake))).backward()
    return generator[-3].bias.grad.clone()


# %% 4.2 wrong: that is the gradient of the generator's own cost
def leaked_gradient(generator, discriminator, real, z):
    cost = softplus(-discriminator(generator(z))).mean()
    return torch.autograd.grad(cost, generator[-3].bias)[0]


# %% 4.2 wrong: nothing came back: is the fake still detached?
def leaked_gradient(generator, discriminator, real, z):
    return torch.zeros_like(generator[-3].bias)


# %% 4.2 wrong
def leaked_gradient(generator, discriminator, real, z):
    cost = softplus(-discriminator(real)).mean() + softplus(discriminator(generator(z))).mean()
    return -torch.autograd.grad(cost, generator[-3].bias)[0]


# %% 4.2 wrong: cannot be judged
def leaked_gradient(generator, discriminator, real, z):
    cost = softplus(discriminator(generator(z).detach())).mean()
    return torch.autograd.grad(cost, generator[-3].bias)[0]


# %% 4.2 wrong
def leaked_gradient(generator, discriminator, real, z):
    cost = softplus(discriminator(generator(z))).sum()
    return torch.autograd.grad(cost, generator[-3].bias)[0]


# %% 4.2 right
def leaked_gradient(generator, discriminator, real, z):
    fake = generator(z).detach().requires_grad_()
    (at_fake,) = torch.autograd.grad(softplus(discriminator(fake)).mean(), fake)
    return (at_fake * (1 - fake**2)).flatten(1).sum(0)  # through the tanh, to the bias


# %% 4.2 wrong: nothing came back
def leaked_gradient(generator, discriminator, real, z):
    on_real, on_fake = discriminator(torch.cat([real, generator(z).detach()])).chunk(2)
    (softplus(-on_real).mean() + softplus(on_fake).mean()).backward()
    return generator[-3].bias.grad


# %% 4.2 wrong
def leaked_gradient(generator, discriminator, real, z):
    on_real, on_fake = discriminator(torch.cat([real, generator(z)])).chunk(2)
    cost = torch.cat([softplus(-on_real), softplus(on_fake)]).mean()  # a half of the cost
    return torch.autograd.grad(cost, generator[-3].bias)[0]


# %% 4.2 wrong
def leaked_gradient(generator, discriminator, real, z):
    cost = softplus(discriminator(generator(z))).sum() / BATCH  # right for batches of that size only
    return torch.autograd.grad(cost, generator[-3].bias)[0]


# %% 4.3 right
def my_frechet(a, b):
    a, b = torch.as_tensor(a).double(), torch.as_tensor(b).double()
    values, vectors = torch.linalg.eigh(a.T.cov())
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    inner = torch.linalg.eigvalsh(root @ b.T.cov() @ root).clamp(min=0).sqrt().sum()
    return (a.mean(0) - b.mean(0)).square().sum() + a.T.cov().trace() + b.T.cov().trace() - 2 * inner


# %% 4.3 wrong: that is the means' part only
def my_frechet(a, b):
    return ((a.mean(0) - b.mean(0)) ** 2).sum()


# %% 4.3 wrong: that is the root of the distance
def my_frechet(a, b):
    return math.sqrt(metrics.frechet_distance(torch.tensor(a), torch.tensor(b)))


# %% 4.3 wrong: the last term is missing
def my_frechet(a, b):
    c, k = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c + k)


# %% 4.3 wrong: the root of a product is not the product of the roots
def my_frechet(a, b):
    from scipy.linalg import sqrtm

    c, k = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    overlap = np.trace(sqrtm(c) @ sqrtm(k)).real
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c + k) - 2 * overlap


# %% 4.3 wrong: N − 1
def my_frechet(a, b):
    from scipy.linalg import sqrtm

    c, k = np.cov(a, rowvar=False, bias=True), np.cov(b, rowvar=False, bias=True)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c + k - 2 * sqrtm(c @ k)).real


# %% 4.3 wrong
def my_frechet(a, b):
    from scipy.linalg import sqrtm

    c, k = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return ((a.mean(0) - b.mean(0)) ** 2).mean() + np.trace(c + k - 2 * sqrtm(c @ k)).real


# %% 4.3 wrong
def my_frechet(a, b):
    c, k = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c + k - 2 * np.sqrt(np.abs(c @ k)))


# %% 4.4 right
without_norm, with_momentum, hurts_more = 900.0, 400.0, "batchnorm"

# %% 4.4 right
distances = {"momentum": torch.tensor(700.0), "batchnorm": torch.tensor(300.0)}
without_norm, with_momentum = distances["batchnorm"], distances["momentum"]
hurts_more = max(distances, key=distances.get)

# %% 4.4 wrong: your two distances say the opposite
without_norm, with_momentum, hurts_more = 900.0, 400.0, "momentum"

# %% 4.4 wrong: your two distances say the opposite
without_norm, with_momentum, hurts_more = 300.0, 400.0, "batchnorm"

# %% 4.4 wrong: the answer is one of two words
without_norm, with_momentum, hurts_more = 900.0, 400.0, "neither"


# %% 4.5 right
def cheat(count):
    return images.pixels(torch.arange(len(images) - count, len(images)))


# %% 4.5 right
def cheat(count):
    return images.pixels(slice(count)).roll(1, dims=3)


# %% 4.5 wrong: no copies of training images
def cheat(count):
    wanted = torch.arange(count) % len(images.held_out)
    return images.held_out.pixels(wanted)


# %% 4.5 wrong: no copies of training images
def cheat(count):
    return torch.randn(count, *images.shape).clamp(-1, 1)


# %% 4.5 wrong: too few of them are copies
def cheat(count):
    pixels = draw(game, count).cpu()
    pixels[::4] = images.pixels(slice(count))[::4]
    return pixels


# %% 4.5 right
def cheat(count):
    return images.pixels(slice(count)).numpy()


# %% 4.5 wrong: as many images are wanted
def cheat(count):
    return images.pixels(slice(100))


# %% 4.5 right
def cheat(count):
    noise = np.random.default_rng(0).normal(scale=0.05, size=(count, *images.shape))
    return np.clip(images.pixels(slice(count)).numpy() + noise, -1, 1)


# %% 4.6 right
my_distance = torch.tensor(0.5 * right_distance)

# %% 4.6 wrong
my_distance = right_distance


# %% 4.6 wrong: at least
my_distance = 0.85  # the share, not the distance
