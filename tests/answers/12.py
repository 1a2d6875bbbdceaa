# %% 12.1 right
def layers_to_see(side):
    n, seen = 0, 4  # the last convolution alone
    while seen < side:
        seen, n = 2 * seen + 2, n + 1
    return n


# %% 12.1 right
def layers_to_see(side):
    return max(0, math.ceil(math.log2((side + 2) / 6)))


# %% 12.1 wrong: a map of one pixel is not needed
def layers_to_see(side):
    return math.ceil(math.log2(side))


# %% 12.1 wrong
def layers_to_see(side):
    return next(n for n in itertools.count() if 6 * 2**n - 2 > side)


# %% 12.1 wrong
def layers_to_see(side):
    return next(n for n in itertools.count() if 6 * 2**n - 2 >= side) + 1


# %% 12.1 wrong
def layers_to_see(side):
    return next(n for n in itertools.count() if 3 * 2**n - 2 >= side)


# %% 12.1 wrong
def layers_to_see(side):
    return round(math.log2((side + 2) / 6))


# %% 12.1 wrong
def layers_to_see(side):
    return math.floor(math.log2((side + 2) / 6)) + 1  # one too many where it fits exactly


# %% 12.1 wrong
def layers_to_see(side):  # begins to count at one
    return next(n for n in itertools.count(1) if 6 * 2**n - 2 >= side)


# %% 12.2 right
def expected_errors(p):
    def mean_error(guess):
        return p * abs(1 - guess) + (1 - p) * abs(-1 - guess)

    median = 1 if p > 0.5 else -1
    return mean_error(median), mean_error(2 * p - 1), p * mean_error(1) + (1 - p) * mean_error(-1)


# %% 12.2 right
def expected_errors(p):
    return np.array([1 - abs(2 * p - 1), 1 - (2 * p - 1) ** 2, 1 - (2 * p - 1) ** 2])


# %% 12.2 right
def expected_errors(p):
    values, chances = np.array([1.0, -1.0]), np.array([p, 1 - p])
    guesses = values[chances.argmax()], chances @ values
    errors = [chances @ abs(values - guess) for guess in guesses]
    return torch.tensor([*errors, chances @ abs(values[:, None] - values) @ chances])


# %% 12.2 wrong: a draw is wrong with probability 2p(1 - p), and then by 2
def expected_errors(p):
    return 2 * min(p, 1 - p), 4 * p * (1 - p), 2 * p * (1 - p)


# %% 12.2 wrong: the median costs nothing only where there is no doubt
def expected_errors(p):
    return 0.0, 4 * p * (1 - p), 4 * p * (1 - p)


# %% 12.2 wrong
def expected_errors(p):
    return 2 * p, 4 * p * (1 - p), 4 * p * (1 - p)


# %% 12.2 wrong
def expected_errors(p):
    return 4 * p * (1 - p), 2 * min(p, 1 - p), 4 * p * (1 - p)


# %% 12.2 wrong
def expected_errors(p):
    return min(p, 1 - p), 2 * p * (1 - p), 2 * p * (1 - p)


# %% 12.2 wrong
def expected_errors(p):
    return 2 * min(p, 1 - p), 4 * p * (1 - p), 8 * p * (1 - p)


# %% 12.2 wrong
def expected_errors(p):
    return 2 * min(p, 1 - p), 2 * math.sqrt(p * (1 - p)), 4 * p * (1 - p)  # the deviation is no mean absolute error


# %% 12.2 wrong
def expected_errors(p):
    return 1.0, 4 * p * (1 - p), 4 * p * (1 - p)  # the median of two values, whatever their chances


# %% 12.3 right
def blind_translators(n):
    return math.prod(range(1, n + 1)), n * (1 / n)


# %% 12.3 right
def blind_translators(n):
    return math.gamma(n + 1), 1


# %% 12.3 wrong: each of n points is right with probability 1/n
def blind_translators(n):
    return math.factorial(n), 1 / n


# %% 12.3 wrong: these count all maps
def blind_translators(n):
    return n**n, 1.0


# %% 12.3 wrong
def blind_translators(n):
    return 1.0, math.factorial(n)


# %% 12.3 wrong
def blind_translators(n):
    return math.factorial(n), n / 2


# %% 12.3 wrong
def blind_translators(n):
    return math.factorial(n - 1), 1.0


# %% 12.3 wrong
def blind_translators(n):
    return math.factorial(n), 1 - (1 - 1 / n) ** n  # the chance that one is right, as if points were drawn alone


# %% 12.4 right
def one_cycle():
    return [9, 8, 7, 6, 5], [0, 0, 0, 0, 0, 4, 3, 2, 1, 0]


# %% 12.4 right
def one_cycle():
    back = np.arange(10) % 5
    return np.arange(5), back


# %% 12.4 right
def one_cycle():
    return (5, 1, 2, 3, 9), (0, 1, 2, 3, 4, 0, 1, 2, 3, 4)


# %% 12.4 wrong: two boxes go to the same target
def one_cycle():
    return [0, 0, 1, 2, 3], [0, 2, 3, 4, 0, 0, 0, 0, 0, 0]


# %% 12.4 wrong
def one_cycle():
    return [0, 2, 4, 6, 8], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]


# %% 12.4 wrong
def one_cycle():
    return [box // 2 for box in range(10)], [0, 2, 4, 6, 8]


# %% 12.4 wrong
def one_cycle():
    return [0, 2, 4, 6, 8]


# %% 12.4 wrong
def one_cycle():
    return [0, -1, 2, -3, 4], [0, 5, 2, 1, 4, 3, 0, 3, 0, 1]  # no box has the number -1


# %% 12.4 wrong
def one_cycle():
    return [0, 2, 4, 6, 10], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


# %% 12.4 wrong
def one_cycle():
    return [1, 3, 5, 7, 9], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]  # counted from one


# %% 12.4 wrong
def one_cycle():
    return [0, 2, 4, 6, 8], [box / 2 for box in range(10)]


# %% 12.4 wrong
def one_cycle():  # -1 for no box
    return [0, 2, 4, 6, 8], [0, -1, 1, -1, 2, -1, 3, -1, 4, -1]
