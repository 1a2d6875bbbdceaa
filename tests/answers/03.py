# Answers to the exercises of notebook 03: right ones that are not the official one, and the mistakes that a verdict should name.

# %% 3.1 right
value_of_three_quarters = np.log(3 / 16)

# %% 3.1 right
value_of_three_quarters = torch.tensor(0.75).log() + torch.tensor(0.25).log()

# %% 3.1 wrong: do not both pay
value_of_three_quarters = 2 * math.log(3 / 4)

# %% 3.1 wrong: you gave its cost
value_of_three_quarters = -math.log(3 / 4) - math.log(1 / 4)

# %% 3.1 wrong: not their average
value_of_three_quarters = (math.log(3 / 4) + math.log(1 / 4)) / 2

# %% 3.1 wrong
value_of_three_quarters = math.log2(3 / 16)

# %% 3.1 wrong
value_of_three_quarters = 2 * math.log(1 / 4)


# %% 3.1 right
value_of_three_quarters = -1.67


# %% 3.1 wrong
value_of_three_quarters = 0.75 * math.log(0.75) + 0.25 * math.log(0.25)


# %% 3.2 right
def smoothed_optimum(p, q):
    odds = 0.9 * p / (0.1 * p + q)
    return odds / (1 + odds)


# %% 3.2 right
def smoothed_optimum(p, q):
    return 0.9 / (1 + q / p)


# %% 3.2 wrong: without smoothing
def smoothed_optimum(p, q):
    return p / (p + q)


# %% 3.2 wrong: both labels are smoothed
def smoothed_optimum(p, q):
    return (0.9 * p + 0.1 * q) / (p + q)


# %% 3.2 wrong: the denominator is still p + q
def smoothed_optimum(p, q):
    return 0.9 * p / (0.9 * p + q)


# %% 3.2 wrong: changed places
def smoothed_optimum(p, q):
    return 0.9 * q / (p + q)


# %% 3.2 wrong
def smoothed_optimum(p, q):
    return 0.9 * p + 0.1 * q


# %% 3.2 wrong
def smoothed_optimum(p, q):
    return (0.9 * p / (p + q)).mean()


# %% 3.2 wrong
def smoothed_optimum(p, q):
    return 0.9 * p / (0.1 * p + q)  # the odds


# %% 3.3 right
def unbalanced_optimum(p, q, r):
    share = 1 / (1 + r)  # of real samples in the batch
    return share * p / (share * p + (1 - share) * q)


# %% 3.3 right
def unbalanced_optimum(p, q, r):
    return torch.sigmoid(torch.log(p) - torch.log(q) - math.log(r))


# %% 3.3 wrong: r times as many real samples
def unbalanced_optimum(p, q, r):
    return p / (p + q / r)


# %% 3.3 wrong: balanced case
def unbalanced_optimum(p, q, r):
    return p / (p + q)


# %% 3.3 wrong: the chance that x is fake
def unbalanced_optimum(p, q, r):
    return r * q / (p + r * q)


# %% 3.3 wrong
def unbalanced_optimum(p, q, r):
    return p / (p + 3 * q)


# %% 3.3 wrong
def unbalanced_optimum(p, q, r):
    return p / (r * (p + q))


# %% 3.3 wrong
def unbalanced_optimum(p, q, r):
    return p / (p + q) / (1 + r)


# %% 3.4 right
def least_squares_optimum(p, q):
    return 1 / (1 + q / p)


objective_at_equality = (1 / 2 - 1) ** 2


# %% 3.4 wrong: differentiate
def least_squares_optimum(p, q):
    return p / q


objective_at_equality = 0.25


# %% 3.4 wrong: changed places
def least_squares_optimum(p, q):
    return q / (p + q)


objective_at_equality = 0.25


# %% 3.4 wrong: is not 0
def least_squares_optimum(p, q):
    return p / (p + q)


objective_at_equality = 0


# %% 3.4 wrong: not the objective
def least_squares_optimum(p, q):
    return p / (p + q)


objective_at_equality = 0.5


# %% 3.4 wrong
def least_squares_optimum(p, q):
    return 2 * p / (p + q) - 1


objective_at_equality = 1


# %% 3.4 wrong
def least_squares_optimum(p, q):
    return (p - q) / (p + q)  # for the labels 1 and −1


objective_at_equality = 0.25


# %% 3.5 right
best_w = -1
distance = abs(0.3 - 0)

# %% 3.5 wrong: which way does f go
best_w, distance = 1, 0.3

# %% 3.5 wrong: may fall as fast
best_w, distance = -0.3, 0.3

# %% 3.5 wrong: Jensen
best_w, distance = -1, math.log(2)

# %% 3.5 wrong: not negative
best_w, distance = -1, -0.3

# %% 3.5 wrong: not its square
best_w, distance = -1, 0.09

# %% 3.5 wrong
best_w, distance = 0.3, -1


# %% 3.5 wrong
best_w, distance = -1 / 0.3, 1.0
