# Answers to the exercises of notebook 07: right ones that are not the official one, and the mistakes that a verdict should name.

# %% 7.1 right
rounds_to_ten = 0
how_far = 1.0
while how_far <= 10:
    how_far *= math.sqrt(1.01)
    rounds_to_ten += 1

# %% 7.1 right
rounds_to_ten = 463.0

# %% 7.1 wrong: the squared distance
rounds_to_ten = math.ceil(math.log(10) / math.log(1.01))

# %% 7.1 wrong: not from 1
rounds_to_ten = 394

# %% 7.1 wrong: still below ten
rounds_to_ten = math.floor(math.log(10) / math.log(math.sqrt(1.01)))

# %% 7.1 wrong: not by 1 + α
rounds_to_ten = math.ceil(math.log(10) / math.log(1.1))

# %% 7.1 wrong
rounds_to_ten = 464

# %% 7.1 wrong
rounds_to_ten = math.log(10) / math.log(math.sqrt(1.01))


# %% 7.1 right
z, rounds_to_ten = 1 + 0j, 0
while abs(z) <= 10:
    z *= 1 + 0.1j
    rounds_to_ten += 1


# %% 7.2 right
largest_alternating_rate = math.sqrt(4)

# %% 7.2 wrong: the trace is 0
largest_alternating_rate = math.sqrt(2)

# %% 7.2 wrong: the trace is −14
largest_alternating_rate = 4

# %% 7.2 wrong: period six
largest_alternating_rate = 1

# %% 7.2 wrong
largest_alternating_rate = -2


# %% 7.3 right
def extragradient_radius(rate):
    matrix = np.array([[1 - rate**2, -rate], [rate, 1 - rate**2]])
    return abs(np.linalg.eigvals(matrix)).max()


best_rate = 1 / math.sqrt(2)


# %% 7.3 right
def extragradient_radius(rate):
    return abs(1 - rate**2 + 1j * rate)


best_rate = 0.5**0.5


# %% 7.3 wrong: the plain rule
def extragradient_radius(rate):
    return math.sqrt(1 + rate**2)


best_rate = 0.7071


# %% 7.3 wrong: the squared modulus
def extragradient_radius(rate):
    return 1 - rate**2 + rate**4


best_rate = 0.7071


# %% 7.3 wrong: order
def extragradient_radius(rate):
    return 1 - rate**2 / 2


best_rate = 0.7071


# %% 7.3 wrong: with a minus
def extragradient_radius(rate):
    return math.sqrt((1 + rate**2) ** 2 + rate**2)


best_rate = 0.7071


# %% 7.3 wrong: fails to converge
def extragradient_radius(rate):
    return math.sqrt(1 - rate**2 + rate**4)


best_rate = 1


# %% 7.3 wrong: that is α²
def extragradient_radius(rate):
    return math.sqrt(1 - rate**2 + rate**4)


best_rate = 0.5


# %% 7.3 right
def extragradient_radius(rate):
    matrix = torch.tensor([[1 - rate**2, -rate], [rate, 1 - rate**2]], dtype=torch.float32)
    return torch.linalg.eigvals(matrix).abs().max()


best_rate = torch.tensor([0.5]).sqrt()


# %% 7.3 wrong
def extragradient_radius(rate):
    return 1 - rate**2 + 1j * rate  # the eigenvalue, not its modulus


best_rate = 0.7071


# %% 7.4 right
def weight_like_noise(std):
    return 0.5 * std * std


fastest_gamma = 1


# %% 7.4 wrong: more damping helps
def weight_like_noise(std):
    return std**2 / 2


fastest_gamma = 0.5


# %% 7.4 wrong: overdamped
def weight_like_noise(std):
    return std**2 / 2


fastest_gamma = 3


# %% 7.4 wrong: two terms
def weight_like_noise(std):
    return std**2 / 4


fastest_gamma = 1


# %% 7.4 wrong: is 1/4
def weight_like_noise(std):
    return std**2


fastest_gamma = 1


# %% 7.4 wrong: not the standard deviation
def weight_like_noise(std):
    return std / 2


fastest_gamma = 1


# %% 7.4 wrong
def weight_like_noise(std):
    return -(std**2) / 2


fastest_gamma = -1


# %% 7.4 wrong
def weight_like_noise(std):
    return std**4 / 2


fastest_gamma = 1


# %% 7.5 right
def lookahead(start, rate, k, cycles):
    x, y = start
    path = [(x, y)]
    for _ in range(cycles):
        home = (x, y)
        for _ in range(k):
            x, y = x - rate * y, y + rate * x
        x, y = (x + home[0]) / 2, (y + home[1]) / 2
        path.append((x, y))
    return np.array(path)


# %% 7.5 right
def lookahead(start, rate, k, cycles):
    z, factor = complex(*start), (1 + (1 + 1j * rate) ** k) / 2
    turned = [z * factor**n for n in range(cycles + 1)]
    return np.array([[w.real, w.imag] for w in turned])


# %% 7.5 wrong: without the retreat
def lookahead(start, rate, k, cycles):
    return move_together(start, rate, k * cycles)[::k]


# %% 7.5 wrong: all the way
def lookahead(start, rate, k, cycles):
    return np.tile(np.array(start), (cycles + 1, 1))


# %% 7.5 wrong: shape
def lookahead(start, rate, k, cycles):
    path = [np.array(start)]
    for _ in range(cycles):
        away = move_together(tuple(path[-1]), rate, k)[-1]
        path.append((path[-1] + away) / 2)
    return np.array(path[1:])


# %% 7.5 wrong
def lookahead(start, rate, k, cycles):
    path = [np.array(start)]
    for _ in range(cycles):
        away = move_together(tuple(path[-1]), rate, k + 1)[-1]
        path.append((path[-1] + away) / 2)
    return np.array(path)


# %% 7.5 wrong
def lookahead(start, rate, k, cycles):
    path = [np.array(start)]
    for _ in range(cycles):
        away = move_in_turn(tuple(path[-1]), rate, k)[-1]
        path.append((path[-1] + away) / 2)
    return np.array(path)


# %% 7.5 right
def lookahead(start, rate, k, cycles):
    rounds = torch.linalg.matrix_power(torch.tensor([[1.0, -rate], [rate, 1.0]]), k)
    cycle, path = (torch.eye(2) + rounds) / 2, [torch.tensor(start)]
    for _ in range(cycles):
        path.append(cycle @ path[-1])
    return torch.stack(path)


# %% 7.5 wrong: is it k rounds of rate α
def lookahead(start, rate, k, cycles):
    path = [np.array([1.0, 1.0])]
    for _ in range(cycles):
        away = move_together(tuple(path[-1]), 0.1, 5)[-1]
        path.append((path[-1] + away) / 2)
    return np.array(path)


# %% 7.5 wrong
def lookahead(start, rate, k, cycles):
    point = np.array(start)
    path = [point]
    for _ in range(cycles):
        point += (move_together(tuple(point), rate, k)[-1] - point) / 2  # all points are one
        path.append(point)
    return np.array(path)


# %% 7.6 right
def same_draw(rate, variance):
    second = 1 + variance
    return 1 + rate**2 * second - 2 * rate**2 * second


def fresh_draw(rate, variance):
    return 1 + rate**2 * (variance - 1)


diverges_from_variance = 1


# %% 7.6 wrong: the other case
def same_draw(rate, variance):
    return 1 + rate**2 * (variance - 1)


def fresh_draw(rate, variance):
    return 1 - rate**2 * (1 + variance)


diverges_from_variance = 1


# %% 7.6 wrong: the noise is missing
def same_draw(rate, variance):
    return 1 - rate**2


def fresh_draw(rate, variance):
    return 1 - rate**2


diverges_from_variance = 1


# %% 7.6 wrong: −2 + 1
def same_draw(rate, variance):
    return 1 - rate**2 * (1 + variance)


def fresh_draw(rate, variance):
    return 1 - rate**2 * (1 - variance)


diverges_from_variance = 2


# %% 7.6 wrong
def same_draw(rate, variance):
    return math.sqrt(1 - rate**2 * (1 + variance))


def fresh_draw(rate, variance):
    return math.sqrt(1 - rate**2 * (1 - variance))


diverges_from_variance = 1


# %% 7.6 right
def same_draw(rate, variance):  # exact, for s = 1 ± τ
    draws = [1 - math.sqrt(variance), 1 + math.sqrt(variance)]
    return sum((1 - rate**2 * s**2) ** 2 + rate**2 * s**2 for s in draws) / 2


def fresh_draw(rate, variance):
    draws = [1 - math.sqrt(variance), 1 + math.sqrt(variance)]
    return sum((1 - rate**2 * s * t) ** 2 + rate**2 * t**2 for s in draws for t in draws) / 4


diverges_from_variance = 1


# %% 7.6 wrong
def same_draw(rate, variance):
    return 1 - rate**2 * (1 + math.sqrt(variance))  # τ in place of τ²


def fresh_draw(rate, variance):
    return 1 - rate**2 * (1 - math.sqrt(variance))


diverges_from_variance = 1
