# %% 6.1 right
def divergence_of(m):
    shares = np.full(m, 1 / m)
    return float((shares * np.log(shares / 0.125)).sum())


# %% 6.1 wrong: zero is for the generator that knows all eight
def divergence_of(m):
    return math.log(m)


# %% 6.1 wrong: that is in bits
def divergence_of(m):
    return math.log2(8 / m)


# %% 6.1 wrong: divergence of the generator from the truth
def divergence_of(m):
    return math.log(m / 8)


# %% 6.1 wrong
def divergence_of(m):
    return 1 - m / 8


# %% 6.1 wrong
def divergence_of(m):
    return m / 8 * math.log(8 / m)


# %% 6.2 right
def published_count(shares, samples=2500):
    shares = np.asarray(shares)
    return len(shares) - np.exp(samples * np.log1p(-shares)).sum()


# %% 6.2 wrong: a share above zero is not yet a sample
def published_count(shares, samples=2500):
    return float(sum(share > 0 for share in shares))


# %% 6.2 wrong: the expected number of samples, not of modes
def published_count(shares, samples=2500):
    return samples * sum(shares)


# %% 6.2 wrong: leaves out the favourite
def published_count(shares, samples=2500):
    return sum(1 - (1 - share) ** samples for share in shares) - 1


# %% 6.2 wrong: one sample fewer than are drawn
def published_count(shares, samples=2500):
    return sum(1 - (1 - share) ** (samples - 1) for share in shares)


# %% 6.2 wrong: the modes that are missed
def published_count(shares, samples=2500):
    return sum((1 - share) ** samples for share in shares)


# %% 6.2 wrong
def published_count(shares, samples=2500):
    return sum(1 - (1 - share) ** 2500 for share in shares)


# %% 6.2 right
def published_count(shares, samples=2500):
    draws = np.random.default_rng(5).multinomial(samples, shares, size=20_000)
    return np.count_nonzero(draws, axis=1).mean()


# %% 6.2 wrong
def published_count(shares, samples=2500):
    return sum(min(1, samples * share) for share in shares)


# %% 6.2 wrong
def published_count(shares, samples=2500):
    return 1 + 7 * (1 - (1 - shares[-1]) ** samples)  # as if the rest were shared fairly


# %% 6.3 right
def coverage_of_the_truth(n, m, k):
    return 1 - math.comb(n - 1, k) / math.comb(n - 1 + m, k)


# %% 6.3 wrong: a real point is not its own neighbour
def coverage_of_the_truth(n, m, k):
    return 1 - math.comb(n, k) / math.comb(n + m, k)


# %% 6.3 wrong: no point can be drawn twice
def coverage_of_the_truth(n, m, k):
    return 1 - ((n - 1) / (n - 1 + m)) ** k


# %% 6.3 wrong: as many generated samples as real ones
def coverage_of_the_truth(n, m, k):
    return 1 - 0.5**k


# %% 6.3 wrong: the share left uncovered
def coverage_of_the_truth(n, m, k):
    return math.comb(n - 1, k) / math.comb(n - 1 + m, k)


# %% 6.3 wrong
def coverage_of_the_truth(n, m, k):
    return 1 - math.prod((n - 1 - j) / (n - 1 + m - j) for j in range(k - 1))


# %% 6.3 right
from scipy.stats import hypergeom


def coverage_of_the_truth(n, m, k):
    return hypergeom(n - 1 + m, m, k).sf(0)  # at least one of the nearest k is generated


# %% 6.3 wrong
def coverage_of_the_truth(n, m, k):
    return m * math.comb(n - 1, k - 1) / math.comb(n - 1 + m, k)  # exactly one of them


# %% 6.4 right
def packed_variation(m, k):
    inside = 0.5 * m**k * (m**-k - 8**-k)  # packs of the m boxes: more of them are generated
    outside = 0.5 * (8**k - m**k) * 8**-k
    return inside + outside


# %% 6.4 wrong: a pack betrays more
def packed_variation(m, k):
    return 1 - m / 8


# %% 6.4 wrong: it cannot exceed 1
def packed_variation(m, k):
    return k * (1 - m / 8)


# %% 6.4 wrong: the share of real packs that stay inside
def packed_variation(m, k):
    return (m / 8) ** k


# %% 6.4 wrong: one half is missing
def packed_variation(m, k):
    return 2 * (1 - (m / 8) ** k)


# %% 6.4 wrong: all samples of the pack outside
def packed_variation(m, k):
    return (1 - m / 8) ** k


# %% 6.4 wrong
def packed_variation(m, k):
    return 1 - math.comb(m, k) / math.comb(8, k)  # packs without repetition


# %% 6.5 right
def closeness_of_clones(batch):
    return sum(math.exp(-0.0) for _ in range(batch)) - 1


# %% 6.5 wrong: the sample itself does not count
def closeness_of_clones(batch):
    return batch


# %% 6.5 wrong: a sum, not a mean
def closeness_of_clones(batch):
    return 1


# %% 6.5 wrong: at distance 0 the closeness is 1
def closeness_of_clones(batch):
    return 0


# %% 6.5 right
def closeness_of_clones(batch):
    return layer(features[:1].repeat(batch, 1))[0, 5:].mean()


# %% 6.5 wrong
def closeness_of_clones(batch):
    return batch * (batch - 1)  # of all of them together


# %% 6.6 right
def samples_needed(share, least=20, chance=0.99):
    good, drawn = share * (1 - math.exp(-9 / 2)), least

    def short(n):
        return sum(math.comb(n, k) * good**k * (1 - good) ** (n - k) for k in range(least))

    while short(drawn) > 1 - chance:
        drawn += 1
    return drawn


# %% 6.6 wrong: too few half of the time
def samples_needed(share, least=20, chance=0.99):
    return math.ceil(least / (share * (1 - math.exp(-9 / 2))))


# %% 6.6 wrong: at least 20, not more than 20
def samples_needed(share, least=20, chance=0.99):
    from scipy.stats import binom

    good, drawn = share * (1 - math.exp(-9 / 2)), least
    while binom.cdf(least, drawn, good) > 1 - chance:
        drawn += 1
    return drawn


# %% 6.6 wrong: only 98.9 % of those that fall into the mode
def samples_needed(share, least=20, chance=0.99):
    from scipy.stats import binom

    drawn = least
    while binom.cdf(least - 1, drawn, share) > 1 - chance:
        drawn += 1
    return drawn


# %% 6.6 wrong
def samples_needed(share, least=20, chance=0.99):
    return 2500


# %% 6.6 right
from scipy.stats import nbinom


def samples_needed(share, least=20, chance=0.99):
    return least + nbinom.ppf(chance, least, share * (1 - math.exp(-9 / 2)))


# %% 6.6 wrong: not rounded to 0.989
from scipy.stats import nbinom


def samples_needed(share, least=20, chance=0.99):
    return least + nbinom.ppf(chance, least, share * 0.989)


# %% 6.6 wrong
from scipy.stats import nbinom


def samples_needed(share, least=20, chance=0.99):
    return nbinom.ppf(chance, least, share * (1 - math.exp(-9 / 2)))  # the failures, without the 20


# %% 6.6 wrong
from scipy.stats import nbinom


def samples_needed(share, least=20, chance=0.99):
    return least + nbinom.ppf(chance, least, share) / (1 - math.exp(-9 / 2))  # no whole number
