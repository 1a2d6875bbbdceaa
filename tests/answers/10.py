# %% 10.1 right
def value_when_ignored(K):
    # of K image kinds, the real ones of a label are one kind; the made ones are of that kind once in K
    share = K / (K + 1)
    return math.log(share) + (1 / K) * math.log(1 - share) + (K - 1) / K * math.log(1)


# %% 10.1 wrong: does not see labels
def value_when_ignored(K):
    return -math.log(4)


# %% 10.1 wrong: always right
def value_when_ignored(K):
    return 0.0


# %% 10.1 wrong
def value_when_ignored(K):
    # the other images forgotten: made ones are right once in K, and weigh as if always
    return math.log(K / (K + 1)) - math.log(K + 1)


# %% 10.1 wrong
def value_when_ignored(K):
    return -(math.log(K / (K + 1)) - math.log(K + 1) / K)


# %% 10.1 wrong
def value_when_ignored(K):
    return math.log2(K / (K + 1)) - math.log2(K + 1) / K


# %% 10.1 wrong
def value_when_ignored(K):
    return math.log((K + 1) / (K + 2)) - math.log(K + 2) / (K + 1)


# %% 10.1 right
def value_when_ignored(K):
    # in single precision
    D = torch.tensor([K / (K + 1)] + [0.0] * (K - 1))
    return D[0].log() + (1 - D).log().mean()


# %% 10.1 wrong
def value_when_ignored(K):
    # the logarithm of a mean for the mean of the logarithms
    return math.log(K / (K + 1)) + math.log(1 - 1 / (K + 1))


# %% 10.2 right
def paid_for_perfection(K):
    chances = torch.zeros(K, dtype=torch.float64)
    chances[0] = 1.0
    return -chances.log_softmax(0)[0].item()


# %% 10.2 wrong: with one softmax
def paid_for_perfection(K):
    return 0.0


# %% 10.2 wrong: a guess
def paid_for_perfection(K):
    return math.log(K)


# %% 10.2 wrong
def paid_for_perfection(K):
    return 1 - math.log(math.e + K - 1)


# %% 10.2 wrong
def paid_for_perfection(K):
    return math.log(math.e + K) - 1


# %% 10.2 wrong
def paid_for_perfection(K):
    return 1.461


# %% 10.2 right
def paid_for_perfection(K):
    return cross_entropy(torch.eye(K), torch.arange(K))


# %% 10.2 wrong
def paid_for_perfection(K):
    return -1.0  # what is minimised without the second softmax


# %% 10.3 right
def best_bound(m):
    sigma = m**0.5
    surprise = math.log(sigma) + 0.5 * math.log(2 * math.pi) + 0.5
    return math.log(2) - surprise


# %% 10.3 wrong: σ = 1
def best_bound(m):
    return math.log(2) - 0.5 * math.log(2 * math.pi) - m / 2


# %% 10.3 wrong: own entropy
def best_bound(m):
    return -0.5 * math.log(2 * math.pi * math.e * m)


# %% 10.3 wrong: its root the standard deviation
def best_bound(m):
    return math.log(2) - 0.5 * math.log(2 * math.pi * m**2) - 1 / (2 * m)


# %% 10.3 wrong
def best_bound(m):
    return math.log(2) + 0.5 * math.log(2 * math.pi * math.e * m)


# %% 10.3 wrong
def best_bound(m):
    return (math.log(2) - 0.5 * math.log(2 * math.pi * math.e * m)) / math.log(2)


# %% 10.3 right
def best_bound(m):
    return math.log(2) - torch.distributions.Normal(0.0, math.sqrt(m)).entropy()


# %% 10.3 wrong
def best_bound(m):
    return math.log(2) - 0.5 * math.log(2 * math.pi * m)  # m / 2σ² = 1/2 is forgotten


# %% 10.4 right
def majority_accuracy(found, labels):
    right = 0
    for category in set(found.tolist()):
        inside = [label for which, label in zip(found.tolist(), labels.tolist()) if which == category]
        right += max(inside.count(label) for label in set(inside))
    return right / len(labels)


# %% 10.4 wrong: one-to-one
def majority_accuracy(found, labels):
    return metrics.matched_accuracy(found, labels)[0]


# %% 10.4 wrong: not for each label
def majority_accuracy(found, labels):
    return sum(found[labels == k].bincount().max().item() for k in labels.unique()) / len(found)


# %% 10.4 wrong: count samples
def majority_accuracy(found, labels):
    groups = [labels[found == k] for k in found.unique()]
    return sum((group == group.mode().values).float().mean().item() for group in groups) / len(groups)


# %% 10.4 wrong
def majority_accuracy(found, labels):
    return (found == labels).float().mean().item()


# %% 10.4 wrong
def majority_accuracy(found, labels):
    groups = [labels[found == k].bincount().max().item() for k in found.unique()]
    return 1 - sum(groups) / len(labels)


# %% 10.4 right
def majority_accuracy(found, labels):
    right = torch.zeros(len(found), dtype=torch.bool)
    for category in found.unique():
        inside = found == category
        right[inside] = labels[inside] == labels[inside].mode().values
    return right.float().mean()


# %% 10.4 wrong
def majority_accuracy(found, labels):
    # the last category is forgotten
    groups = [labels[found == k].bincount() for k in range(int(found.max()))]
    return sum(group.max().item() for group in groups if len(group)) / len(labels)


# %% 10.4 wrong
def majority_accuracy(found, labels):
    return labels.bincount().max().item() / len(labels)
