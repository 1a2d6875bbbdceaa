# %% 13.1 right
def decibels(p):
    mean = 2 * p - 1
    error_of_mean = p * (1 - mean) ** 2 + (1 - p) * (1 + mean) ** 2
    error_of_sample = 2 * p * (1 - p) * 2**2  # wrong in one way or the other, and then by 2
    return -10 * math.log10(error_of_mean / 4), -10 * math.log10(error_of_sample / 4)


# %% 13.1 right
import numpy as np


def decibels(p):
    best = 10 * np.log10(1 / (p - p * p))
    return np.array([best, best - 10 * np.log10(2)])


# %% 13.1 wrong
def decibels(p):
    variance = p * (1 - p)
    return 10 * math.log10(4 / variance), 10 * math.log10(2 / variance)


# %% 13.1 wrong
def decibels(p):
    variance = 4 * p * (1 - p)
    return 10 * math.log10(2 / variance), 10 * math.log10(4 / variance)


# %% 13.1 wrong
def decibels(p):
    variance = 4 * p * (1 - p)
    return 10 * math.log10(1 / variance), 10 * math.log10(1 / (2 * variance))


# %% 13.1 wrong
def decibels(p):
    variance = 4 * p * (1 - p)
    return 20 * math.log10(4 / variance), 20 * math.log10(2 / variance)


# %% 13.1 right
def decibels(p):
    values, chances = torch.tensor([1.0, -1.0]), torch.tensor([p, 1 - p])
    best = chances @ (values - chances @ values).square()
    other = chances @ (values[:, None] - values).square() @ chances
    return 20 * torch.log10(2 / torch.stack([best, other]).sqrt())


# %% 13.1 wrong
def decibels(p):
    best = -10 * math.log10(p * (1 - p))
    return best, best - 20 * math.log10(2)  # twice the error is 3 dB, not 6


# %% 13.1 wrong
def decibels(p):
    # the likelier of the two is not the best constant
    return -10 * math.log10(min(p, 1 - p)), -10 * math.log10(2 * p * (1 - p))


# %% 13.2 right
def by_absolute_error(p):
    likely = math.copysign(1.0, p - 0.5)
    return likely, p * (1 - likely) ** 2 + (1 - p) * (1 + likely) ** 2


# %% 13.2 right
def by_absolute_error(p):
    return torch.tensor([1.0 if p > 1 / 2 else -1.0, 4 * min(p, 1 - p)])


# %% 13.2 wrong: that is the mean, which squared error asks for
def by_absolute_error(p):
    return 2 * p - 1, 4 * p * (1 - p)


# %% 13.2 wrong
def by_absolute_error(p):
    return (1.0 if p > 0.5 else -1.0), 2 * min(p, 1 - p)


# %% 13.2 wrong
def by_absolute_error(p):
    return (1.0 if p < 0.5 else -1.0), 4 * max(p, 1 - p)


# %% 13.2 wrong
def by_absolute_error(p):
    return 4 * min(p, 1 - p), (1.0 if p > 0.5 else -1.0)


# %% 13.2 right
class by_absolute_error(list):
    def __init__(self, p):
        best = 2 * round(p) - 1
        super().__init__([best, (2 * p - 1 - best) ** 2 + 4 * p * (1 - p)])


# %% 13.2 wrong
def by_absolute_error(p):
    return (1.0 if p > 0.5 else -1.0), 4 * p * (1 - p)  # the variance, which is about the mean


# %% 13.3 right
def unlabelled_gradient(logits):
    exponentials = logits.exp()
    total = exponentials.sum(1, keepdim=True)
    return -exponentials / (total * (1 + total))


# %% 13.3 right
def unlabelled_gradient(logits):
    logits = logits.clone().requires_grad_()
    (-torch.nn.functional.logsigmoid(logits.logsumexp(1))).sum().backward()
    return logits.grad


# %% 13.3 wrong
def unlabelled_gradient(logits):
    real = torch.sigmoid(torch.logsumexp(logits, dim=1, keepdim=True))
    return (1 - real) * logits.softmax(dim=1)


# %% 13.3 wrong
def unlabelled_gradient(logits):
    real = torch.sigmoid(torch.logsumexp(logits, dim=1, keepdim=True))
    return -real * logits.softmax(dim=1)


# %% 13.3 wrong
def unlabelled_gradient(logits):
    real = torch.sigmoid(torch.logsumexp(logits, dim=1, keepdim=True))
    return (real - 1).expand(-1, 10) / 10


# %% 13.3 wrong
def unlabelled_gradient(logits):
    return -logits.softmax(dim=1)


# %% 13.3 wrong
def unlabelled_gradient(logits):
    real = torch.sigmoid(torch.logsumexp(logits, dim=1, keepdim=True))
    return (-(1 - real) * logits.softmax(dim=1)).mean(0)


# %% 13.3 right
def unlabelled_gradient(logits):
    # a class more, whose logit is 0
    more = torch.cat([logits, torch.zeros(len(logits), 1)], dim=1).softmax(1)
    return more[:, :-1] - logits.softmax(1)


# %% 13.3 wrong
def unlabelled_gradient(logits):
    # ten classes, whatever is asked
    real = torch.sigmoid(torch.logsumexp(logits, dim=1)).repeat(10, 1).T
    return (real - 1) * logits.softmax(dim=1)


# %% 13.3 wrong
def unlabelled_gradient(logits):
    real = torch.sigmoid(torch.logsumexp(logits, dim=1, keepdim=True))
    return (real - 1) * logits.softmax(dim=0)


# %% 13.3 wrong
def unlabelled_gradient(logits):
    return logits.sigmoid() - 1  # each class as if it stood alone


# %% 13.4 right
by_itself = 84 * 64 / 3**9

# %% 13.4 right
from scipy.stats import binom

by_itself = binom.pmf(3, 9, 1 / 3)

# %% 13.4 wrong: that is the chance of three given places and no others
by_itself = (1 / 3) ** 3 * (2 / 3) ** 6

# %% 13.4 wrong: three on average is not three
by_itself = 1.0

# %% 13.4 wrong
by_itself = math.exp(-3) * 3**3 / math.factorial(3)  # Poisson's

# %% 13.4 wrong
by_itself = 1 / 3

# %% 13.4 wrong
by_itself = math.comb(9, 3) / 2**9

# %% 13.4 right
by_itself = torch.distributions.Binomial(9, torch.tensor(1 / 3)).log_prob(torch.tensor(3.0)).exp()

# %% 13.4 wrong
by_itself = math.comb(9, 3) * (1 // 3) ** 3 * (2 // 3) ** 6

# %% 13.4 wrong
by_itself = sum(math.comb(9, k) * (1 / 3) ** k * (2 / 3) ** (9 - k) for k in range(4))  # three at most


# %% 13.5 right
def completed(upper):
    seen = torch.zeros(1, 1, 28, 28)
    seen[..., :14, :] = 1
    begun = digits.latent.draw(len(upper), rng)
    search = Projection(frozen, begun, upper, seen)
    play(search, None, STEPS, optimiser=adam(0.1))
    return search.images()


# %% 13.5 wrong
def completed(upper):
    return upper[:, :, :14]


# %% 13.5 wrong
def completed(upper):
    return upper.flatten(1)


# %% 13.5 wrong
def completed(upper):
    return wanted.roll(1, 0)
