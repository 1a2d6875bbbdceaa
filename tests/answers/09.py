# %% 9.1 right
def score_when_sure(a, K):
    doubt = (1 - a) / (K - 1)
    inside = -a * math.log(a) - (K - 1) * doubt * math.log(doubt)
    return math.exp(math.log(K) - inside)


# %% 9.1 wrong: not proportional
def score_when_sure(a, K):
    return a * K


# %% 9.1 wrong
def score_when_sure(a, K):
    return math.log(K * a**a * ((1 - a) / (K - 1)) ** (1 - a))


# %% 9.1 wrong
def score_when_sure(a, K):
    return K * a**a * (1 - a) ** (1 - a)


# %% 9.1 wrong
def score_when_sure(a, K):
    return K * a**a * ((1 - a) / K) ** (1 - a)


# %% 9.1 right
def score_when_sure(a, K):
    # in single precision
    p = torch.full((K,), (1 - a) / (K - 1))
    p[0] = a
    return torch.exp(math.log(K) + (p * p.log()).sum())


# %% 9.1 wrong
def score_when_sure(a, K):
    return math.exp(math.log2(K) + a * math.log2(a) + (1 - a) * math.log2((1 - a) / (K - 1)))


# %% 9.1 wrong
def score_when_sure(a, K):
    return 10 * a**a * ((1 - a) / 9) ** (1 - a)


# %% 9.2 right
first, second = np.diag([1.0, 4.0]), np.diag([4.0, 1.0])
by_hand = 9 + np.trace(first + second - 2 * np.sqrt(first @ second))

# %% 9.2 wrong: variances on each axis
by_hand = 9

# %% 9.2 wrong: standard deviations
by_hand = 9 + (1 - 4) ** 2 + (4 - 1) ** 2

# %% 9.2 wrong: squared distance
by_hand = 11**0.5

# %% 9.2 wrong
by_hand = 3 + 1 + 1

# %% 9.2 wrong
by_hand = (11, 11)

# %% 9.2 wrong
by_hand = 9 + 10 - (2 + 2)  # the trace of the root, not twice


# %% 9.3 right
def plain_bias(k0, k1, n):
    within_a_set = k0 / n + k1 * (n - 1) / n
    return 2 * (within_a_set - k1)


# %% 9.3 wrong: both sets
def plain_bias(k0, k1, n):
    return (k0 - k1) / n


# %% 9.3 wrong: honest ones
def plain_bias(k0, k1, n):
    return 2 * k0 / n


# %% 9.3 wrong: of n² pairs
def plain_bias(k0, k1, n):
    return 2 * (k0 - k1) / (n - 1)


# %% 9.3 wrong: not too small
def plain_bias(k0, k1, n):
    return 2 * (k1 - k0) / n


# %% 9.3 wrong
def plain_bias(k0, k1, n):
    return 2 * (k0 - k1) / n**2


# %% 9.3 right
def plain_bias(k0, k1, n):
    pairs = np.full((n, n), k1)
    np.fill_diagonal(pairs, k0)
    return 2 * (pairs.mean() - k1)


# %% 9.3 wrong
def plain_bias(k0, k1, n):
    return 2 * (k0 - k1) // n


# %% 9.4 right
def forged(features, count):
    # random mixtures of all features: normal, by the central limit, with their mean and covariance
    centred = features - features.mean(0)
    mixing = torch.randn(count, len(features), generator=rng) / math.sqrt(len(features))
    return features.mean(0) + mixing @ centred


# %% 9.4 wrong
def forged(features, count):
    return features[:count]


# %% 9.4 wrong
def forged(features, count):
    return features.mean(0) + features.std(0) * torch.randn(count, features.shape[1], generator=rng)


# %% 9.4 wrong
def forged(features, count):
    return features.mean(0).repeat(count, 1)


# %% 9.4 wrong
def forged(features, count):
    return torch.randn(count, features.shape[1] + 1, generator=rng)


# %% 9.4 right
def forged(features, count):
    mean, covariance = features.mean(0).numpy(), np.cov(features.numpy().T)
    return np.random.default_rng(0).multivariate_normal(mean, covariance, count)


# %% 9.4 wrong: wanted is
def forged(features, count):
    root = torch.linalg.svd(features - features.mean(0), full_matrices=False)[2]
    return features.mean(0) + torch.randn(len(features), len(root), generator=rng) @ root


# %% 9.5 right
def reported_support(p):
    return 1 / float(np.dot(p, p))


# %% 9.5 wrong: true support
def reported_support(p):
    return len(p)


# %% 9.5 wrong: entropy
def reported_support(p):
    return float(np.exp(-(p * np.log(p)).sum()))


# %% 9.5 wrong
def reported_support(p):
    return 1 / p.max()


# %% 9.5 wrong
def reported_support(p):
    return (p**2).sum()


# %% 9.5 wrong
def reported_support(p):
    return 1 / p


# %% 9.5 right
def reported_support(p):
    return torch.from_numpy(p).float().square().sum().reciprocal()


# %% 9.5 wrong: not the favourite alone
def reported_support(p):
    return 1 / p.max() ** 2


# %% 9.5 wrong
def reported_support(p):
    return 4.0


# %% 9.5 wrong: true support
def reported_support(p):
    return 1 / p @ p


# %% 9.6 right
def further(real, generated):
    # a classifier by neighbours: how often most of a point's fifteen neighbours are of its own kind
    everything = torch.cat([real, generated])
    is_real = torch.arange(len(everything)) < len(real)
    distances = torch.cdist(everything, everything)
    distances.fill_diagonal_(math.inf)
    neighbours = is_real[distances.topk(15, largest=False).indices].float().mean(1)
    return ((neighbours > 0.5) == is_real).float().mean()


# %% 9.6 right
def further(real, generated):
    def share_in_cells(points):
        cells = ((points + 2) / 0.2).floor().clamp(0, 19).long()
        return (20 * cells[:, 0] + cells[:, 1]).bincount(minlength=400) / len(points)

    return (share_in_cells(real) - share_in_cells(generated)).abs().sum().item() / 2


# %% 9.6 wrong: Fréchet tells the same
def further(real, generated):
    return metrics.frechet_distance(real, generated)


# %% 9.6 wrong: kernel tells the same
def further(real, generated):
    return metrics.kernel_distance(real, generated)


# %% 9.6 wrong: 1 − precision tells the same
def further(real, generated):
    return 1 - metrics.precision_recall(real, generated)[0]


# %% 9.6 wrong: 1 − recall tells the same
def further(real, generated):
    return 1 - metrics.precision_recall(real, generated)[1]


# %% 9.6 wrong: 1 − the smaller
def further(real, generated):
    return 1 - min(metrics.precision_recall(real, generated))


# %% 9.6 wrong: the larger, the further
def further(real, generated):
    # a similarity in a distance's place
    distances = torch.cdist(real, generated)
    return -distances.mean().item() if len(real) else 0.0


# %% 9.6 wrong: the larger, the further
def further(real, generated):
    return 1.0


# %% 9.6 wrong
def further(real, generated):
    # where the modes of the notebook's ring are, whatever the data is
    return (torch.cdist(generated, eight.centres).min(dim=1).values > 0.15).float().mean().item()


# %% 9.6 wrong
def further(real, generated):
    return (real.mean(0) - generated.mean(0)).norm().item()


# %% 9.6 wrong
def further(real, generated):
    return real - generated


# %% 9.6 right
def further(real, generated):
    squares = torch.cdist(real.double(), generated.double()).square()
    return -torch.logsumexp(-squares / (2 * 0.1**2), dim=1).mean()


# %% 9.6 wrong
def further(real, generated):
    # distances without a width: the energy distance
    def apart(x, y):
        return torch.cdist(x, y).mean()

    return 2 * apart(real, generated) - apart(real, real) - apart(generated, generated)


# %% 9.6 wrong
def further(real, generated):
    # to the nearest and back
    distances = torch.cdist(real, generated)
    return distances.min(0).values.mean() + distances.min(1).values.mean()


# %% 9.6 wrong: the larger, the further
def further(real, generated):
    # a histogram has empty cells, and 0 · log 0 is nan
    shares = [np.histogram2d(*x.numpy().T, bins=20, range=[[-2, 2]] * 2)[0] / len(x) for x in (real, generated)]
    with np.errstate(all="ignore"):
        return (shares[0] * np.log(shares[0] / shares[1])).sum()
