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


# %% 12.2 right
def expected_errors(p):
    def mean_error(guess):
        return p * abs(1 - guess) + (1 - p) * abs(-1 - guess)

    median = 1 if p > 0.5 else -1
    return mean_error(median), mean_error(2 * p - 1), p * mean_error(1) + (1 - p) * mean_error(-1)


# %% 12.2 right
def expected_errors(p):
    return np.array([1 - abs(2 * p - 1), 1 - (2 * p - 1) ** 2, 1 - (2 * p - 1) ** 2])


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


# %% 12.3 right
def blind_translators(n):
    return math.prod(range(1, n + 1)), n * (1 / n)


# %% 12.3 right
def blind_translators(n):
    return math.gamma(n + 1), 1


# %% 12.3 wrong: these count all maps
def blind_translators(n):
    return n**n, 1.0


# %% 12.3 wrong: each of n points is right with probability 1/n
def blind_translators(n):
    return math.factorial(n), 1 / n


# %% 12.3 wrong
def blind_translators(n):
    return 1.0, math.factorial(n)


# %% 12.3 wrong
def blind_translators(n):
    return math.factorial(n), n / 2


# %% 12.3 wrong
def blind_translators(n):
    return math.factorial(n - 1), 1.0


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
