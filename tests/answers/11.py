# %% 11.1 right
def originals(white):
    """The number of large images; white: for each square, the number of its white pixels."""
    number = 1
    for k in white:
        number *= math.factorial(16) // (math.factorial(k) * math.factorial(16 - k))
    return number


# %% 11.1 right
def originals(white):
    """Counted: of all squares, those with so many white pixels."""
    counts = [0] * 17
    for square in range(2**16):
        counts[bin(square).count("1")] += 1
    return int(np.prod([counts[k] for k in white], dtype=object))


# %% 11.1 wrong: squares are independent: their numbers multiply
def originals(white):
    return sum(math.comb(16, k) for k in white)


# %% 11.1 wrong: the mean is known, so not all 2¹⁶ squares will do
def originals(white):
    return 2 ** (16 * len(white))


# %% 11.1 wrong: a square has 16 pixels, not 4
def originals(white):
    return math.prod(math.comb(4, k) for k in white)


# %% 11.1 wrong: white pixels are alike: their order makes no other image
def originals(white):
    return math.prod(math.perm(16, k) for k in white)


# %% 11.1 wrong
def originals(white):
    return math.comb(16 * len(white), sum(white))


# %% 11.1 wrong
def originals(white):
    return math.prod(math.comb(16, k) for k in white[1:])


# %% 11.1 right
def originals(white):
    """In floating point, rounded as it happens."""
    return math.exp(sum(math.lgamma(17) - math.lgamma(k + 1) - math.lgamma(17 - k) for k in white))


# %% 11.1 wrong: 64 bits hold no number of fifty digits
def originals(white):
    return np.prod([math.comb(16, k) for k in white])


# %% 11.1 wrong
def originals(white):
    return math.prod(math.comb(16, k) for k in set(white))


# %% 11.1 wrong
def originals(white):
    # squares stay where they are
    return math.factorial(len(white)) * math.prod(math.comb(16, k) for k in white)


# %% 11.2 right
def reverse_divergence(p0, q0, each):
    """KL(q ‖ p) of thumbnail and detail together."""
    total = 0.0
    for p, q, level in zip(p0, q0, each):
        total += q * (math.log(q) - math.log(p) + level)
    return total


# %% 11.2 right
def reverse_divergence(p0, q0, each):
    return kl(q0, p0) + (q0 * each).sum()


# %% 11.2 wrong: the mean is over real thumbnails
def reverse_divergence(p0, q0, each):
    return (q0 * np.log(q0 / p0)).sum() + p0 @ each


# %% 11.2 wrong: the thumbnails' divergence is reversed, too
def reverse_divergence(p0, q0, each):
    return (p0 * np.log(p0 / q0)).sum() + q0 @ each


# %% 11.2 wrong: p and q have changed places
def reverse_divergence(p0, q0, each):
    return (p0 * np.log(p0 / q0)).sum() + p0 @ each


# %% 11.2 wrong: the thumbnails differ, too
def reverse_divergence(p0, q0, each):
    return q0 @ each


# %% 11.2 wrong: each thumbnail's divergence counts as often as the thumbnail occurs
def reverse_divergence(p0, q0, each):
    return (q0 * np.log(q0 / p0)).sum() + each.sum()


# %% 11.2 wrong: the shape is (5,), wanted is ()
def reverse_divergence(p0, q0, each):
    return q0 * np.log(q0 / p0) + q0 * each


# %% 11.2 wrong
def reverse_divergence(p0, q0, each):
    return -((q0 * np.log(q0 / p0)).sum() + q0 @ each)


# %% 11.2 right
def reverse_divergence(p0, q0, each):
    """In single precision."""
    p, q, inside = (torch.tensor(table, dtype=torch.float32) for table in (p0, q0, each))
    return torch.nn.functional.kl_div(p.log(), q, reduction="sum") + q @ inside


# %% 11.2 wrong: the thumbnails' divergence is reversed, too
def reverse_divergence(p0, q0, each):
    # PyTorch's kl_div takes the logarithm of the other one first
    return torch.nn.functional.kl_div(torch.tensor(q0).log(), torch.tensor(p0), reduction="sum") + q0 @ each


# %% 11.2 wrong
def reverse_divergence(p0, q0, each):
    return (q0 * np.log2(q0 / p0)).sum() + q0 @ each


# %% 11.3 right
def lost_decibels(share):
    """The errors of the mean and of what is beside it, as PSNR each."""
    of_mean, of_answer = 10 * np.log10(4 / least), 10 * np.log10(4 / (least * (1 + share**2)))
    return of_mean - of_answer


# %% 11.3 right
def lost_decibels(share):
    return 10 * math.log1p(share * share) / math.log(10)


# %% 11.3 wrong: the two errors are uncorrelated: their squares add, not they themselves
def lost_decibels(share):
    return 20 * math.log10(1 + share)


# %% 11.3 wrong: that runs straight from 0 to 3 dB
def lost_decibels(share):
    return 10 * math.log10(2) * share


# %% 11.3 wrong: errors are squared, and so is the share
def lost_decibels(share):
    return 10 * math.log10(1 + share)


# %% 11.3 wrong: what is lost is positive
def lost_decibels(share):
    return -10 * math.log10(1 + share**2)


# %% 11.3 wrong: decibels are ten times a logarithm to the base 10
def lost_decibels(share):
    return 10 * math.log(1 + share**2)


# %% 11.3 wrong
def lost_decibels(share):
    return 20 * math.log10(1 + share**2)


# %% 11.3 right
def lost_decibels(share):
    """In single precision."""
    return 10 * torch.log10(torch.tensor(1 + share**2))


# %% 11.3 wrong
def lost_decibels(share):
    # the mean's part grows smaller, as if the two were mixed at random
    return 10 * math.log10((1 - share) + 2 * share)


# %% 11.4 right
def best_baseline(chances, costs):
    """Where the derivative of the summed variance in b is zero, by a Newton step from 0."""
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    gradients = (costs - b)[:, None] * (torch.eye(len(chances)).double() - chances)
    second_moment = (chances[:, None] * gradients.square()).sum()
    (slope,) = torch.autograd.grad(second_moment, b, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, b)
    return (-slope / curvature).item()


# %% 11.4 right
def best_baseline(chances, costs):
    squares = [1 - 2 * p + (chances**2).sum() for p in chances]
    above = sum(p * s * c for p, s, c in zip(chances, squares, costs))
    return above / sum(p * s for p, s in zip(chances, squares))


# %% 11.4 wrong: the mean cost is the usual choice, and near
def best_baseline(chances, costs):
    return chances @ costs


# %% 11.4 wrong: no word is as likely as the others
def best_baseline(chances, costs):
    return costs.mean()


# %% 11.4 wrong: words are not drawn equally often: weigh by their chances, too
def best_baseline(chances, costs):
    weights = (torch.eye(len(chances)).double() - chances).square().sum(1)
    return (weights * costs).sum() / weights.sum()


# %% 11.4 wrong: b is subtracted from the cost
def best_baseline(chances, costs):
    weights = chances * (torch.eye(len(chances)).double() - chances).square().sum(1)
    return -(weights * costs).sum() / weights.sum()


# %% 11.4 wrong: a weighted mean is divided by the sum of its weights
def best_baseline(chances, costs):
    weights = chances * (torch.eye(len(chances)).double() - chances).square().sum(1)
    return (weights * costs).sum()


# %% 11.4 wrong
def best_baseline(chances, costs):
    weights = chances * (1 - chances) ** 2
    return (weights * costs).sum() / weights.sum()


# %% 11.4 right
def best_baseline(chances, costs):
    """A regression of the costs on a constant, in single precision."""
    root = chances.float().sqrt() * (torch.eye(len(chances)) - chances.float()).norm(dim=1)
    return torch.linalg.lstsq(root[:, None], (root * costs.float())[:, None]).solution.squeeze()


# %% 11.4 wrong
def best_baseline(chances, costs):
    # of four words only
    weights = chances * (torch.eye(4) - chances).square().sum(1)
    return (weights * costs).sum() / weights.sum()


# %% 11.4 wrong
def best_baseline(chances, costs):
    # lengths, not their squares
    weights = chances * (torch.eye(len(chances)) - chances).norm(dim=1)
    return (weights * costs).sum() / weights.sum()


# %% 11.4 wrong
def best_baseline(chances, costs):
    # along the wrong axis
    weights = chances * (torch.eye(len(chances)) - chances).square().sum(0)
    return (weights * costs).sum() / weights.sum()
