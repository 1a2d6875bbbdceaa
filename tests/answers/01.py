# %% 1.1 right
spam_given_prize = 1 / (1 + (0.6 * 0.02) / (0.4 * 0.30))

# %% 1.1 right
spam_given_prize = 10 / 11

# %% 1.1 wrong: the other way round
spam_given_prize = 0.30

# %% 1.1 wrong: divide by p(prize)
spam_given_prize = 0.4 * 0.30

# %% 1.1 wrong: ham is more common than spam
spam_given_prize = 0.30 / (0.30 + 0.02)

# %% 1.1 wrong: the priors are exchanged
spam_given_prize = 0.6 * 0.30 / (0.6 * 0.30 + 0.4 * 0.02)

# %% 1.1 wrong: that is the probability of ham
spam_given_prize = 0.6 * 0.02 / (0.6 * 0.02 + 0.4 * 0.30)

# %% 1.1 wrong: not odds
spam_given_prize = 0.4 * 0.30 / (0.6 * 0.02)


# %% 1.1 wrong
spam_given_prize = posterior[EVERY[:, 0] == 1, 1].mean()  # as if all messages were equally common


# %% 1.2 right
def posterior_with_gaps(messages, log_prior, rates):
    """p(y | the readable words), (N, 2)."""
    table = np.zeros((len(messages), 2))
    for row, message in enumerate(messages):
        for kind in range(2):
            total = np.exp(log_prior[kind])
            for word, present in enumerate(message):
                if present == 1:
                    total *= rates[kind, word]
                elif present == 0:
                    total *= 1 - rates[kind, word]
            table[row, kind] = total
    return table / table.sum(1, keepdims=True)


# %% 1.2 wrong: unknown words for absent ones
def posterior_with_gaps(messages, log_prior, rates):
    return bayes_rule(naive_log_joint(np.nan_to_num(messages), log_prior, rates))


# %% 1.2 wrong: half a word
def posterior_with_gaps(messages, log_prior, rates):
    return bayes_rule(naive_log_joint(np.nan_to_num(messages, nan=0.5), log_prior, rates))


# %% 1.2 wrong: unknown words for present ones
def posterior_with_gaps(messages, log_prior, rates):
    return bayes_rule(naive_log_joint(np.nan_to_num(messages, nan=1.0), log_prior, rates))


# %% 1.2 wrong: absent are evidence, too
def posterior_with_gaps(messages, log_prior, rates):
    return bayes_rule(np.nan_to_num(messages) @ np.log(rates).T + log_prior)


# %% 1.2 wrong: the prior is missing
def posterior_with_gaps(messages, log_prior, rates):
    known = ~np.isnan(messages)
    present, absent = known * (messages == 1), known * (messages == 0)
    return bayes_rule(present @ np.log(rates).T + absent @ np.log1p(-rates).T)


# %% 1.2 wrong: does not sum to one
def posterior_with_gaps(messages, log_prior, rates):
    known = ~np.isnan(messages)
    present, absent = known * (messages == 1), known * (messages == 0)
    return np.exp(present @ np.log(rates).T + absent @ np.log1p(-rates).T + log_prior)


# %% 1.2 wrong: ham, then spam
def posterior_with_gaps(messages, log_prior, rates):
    known = ~np.isnan(messages)
    present, absent = known * (messages == 1), known * (messages == 0)
    table = present @ np.log(rates).T + absent @ np.log1p(-rates).T + log_prior
    return bayes_rule(table)[:, ::-1]


# %% 1.2 wrong: the shape is
def posterior_with_gaps(messages, log_prior, rates):
    known = ~np.isnan(messages)
    present, absent = known * (messages == 1), known * (messages == 0)
    table = present @ np.log(rates).T + absent @ np.log1p(-rates).T + log_prior
    return bayes_rule(table)[:, 1]


# %% 1.2 wrong
def posterior_with_gaps(messages, log_prior, rates):
    return bayes_rule(naive_log_joint(messages, log_prior, rates))


# %% 1.2 right
def posterior_with_gaps(messages, log_prior, rates):
    rows = []
    for message in messages:
        seen = ~np.isnan(message)
        rows.append(bayes_rule(naive_log_joint(message[None, seen], log_prior, rates[:, seen]))[0])
    return rows


# %% 1.2 wrong
def posterior_with_gaps(messages, log_prior, rates):
    seen = ~np.isnan(messages).any(0)  # a word that is unknown in one message is left out of all
    return bayes_rule(naive_log_joint(messages[:, seen], log_prior, rates[:, seen]))


# %% 1.2 wrong
def posterior_with_gaps(messages, log_prior, rates):
    rows = []
    for row in messages:  # the mean of the posteriors, and not of the joints
        fits = (np.isnan(row) | (row == EVERY)).all(1)
        rows.append(bayes_rule(naive_log_joint(EVERY[fits], log_prior, rates)).mean(0))
    return np.array(rows)


# %% 1.3 right
def move(score, old, new):
    return score + np.log(new * (1 - old) / (old * (1 - new)))


# %% 1.3 right
def move(score, old, new):
    likelihood_ratio = np.exp(score) * (1 - old) / old
    return np.log(likelihood_ratio * new / (1 - new))


# %% 1.3 wrong: the score must change
def move(score, old, new):
    return score


# %% 1.3 wrong: wrong direction
def move(score, old, new):
    return score - np.log(new / (1 - new)) + np.log(old / (1 - old))


# %% 1.3 wrong: take it out
def move(score, old, new):
    return score + np.log(new / (1 - new))


# %% 1.3 wrong: use odds
def move(score, old, new):
    return score + np.log(new) - np.log(old)


# %% 1.3 wrong
def move(score, old, new):
    return score + np.log(new / (1 - new)) - np.log(0.4 / 0.6)


# %% 1.3 wrong
def move(score, old, new):
    return expit(score + np.log(new / (1 - new)) - np.log(old / (1 - old)))


# %% 1.3 right
def move(score, old, new):
    score += np.log(new) - np.log1p(-new) - np.log(old) + np.log1p(-old)
    return score


# %% 1.4 right
def linear_form(prior, means, variances):
    w, b = np.zeros(len(variances)), np.log(prior[1]) - np.log(prior[0])
    for j, variance in enumerate(variances):
        w[j] = (means[1, j] - means[0, j]) / variance
        b -= w[j] * (means[1, j] + means[0, j]) / 2
    return w, b


# %% 1.4 wrong: the prior is missing
def linear_form(prior, means, variances):
    w = (means[1] - means[0]) / variances
    return w, -(w * means.mean(0)).sum()


# %% 1.4 wrong: not by standard deviations
def linear_form(prior, means, variances):
    w = (means[1] - means[0]) / np.sqrt(variances)
    return w, np.log(prior[1] / prior[0]) - (w * means.mean(0)).sum()


# %% 1.4 wrong: the sign is turned round
def linear_form(prior, means, variances):
    w = (means[0] - means[1]) / variances
    return w, np.log(prior[0] / prior[1]) - (w * means.mean(0)).sum()


# %% 1.4 wrong: upside down
def linear_form(prior, means, variances):
    w = (means[1] - means[0]) / variances
    return w, np.log(prior[0] / prior[1]) - (w * means.mean(0)).sum()


# %% 1.4 wrong: come with a half
def linear_form(prior, means, variances):
    w = (means[1] - means[0]) / variances
    return w, np.log(prior[1] / prior[0]) - (w * means.sum(0)).sum()


# %% 1.4 wrong: appear in the intercept
def linear_form(prior, means, variances):
    return (means[1] - means[0]) / variances, np.log(prior[1] / prior[0])


# %% 1.4 wrong
def linear_form(prior, means, variances):
    w = (means[1] - means[0]) / variances
    return np.log(prior[1] / prior[0]) - (w * means.mean(0)).sum(), w


# %% 1.4 right
def linear_form(prior, means, variances):
    prior, means, variances = map(torch.tensor, (prior, means, variances))
    w = (means[1] - means[0]) / variances
    return w, (prior[1] / prior[0]).log() - (w * means.mean(0)).sum()


# %% 1.4 right
def linear_form(prior, means, variances):  # from the odds at three points
    model = np.log(prior), means, np.tile(variances, (2, 1))
    odds = log_odds(gaussian_log_joint(np.vstack([np.zeros(2), np.eye(2)]), *model))
    return odds[1:] - odds[0], odds[:1]


# %% 1.4 wrong
def linear_form(prior, means, variances):
    w = (means[1] - means[0]) / variances
    return w, np.log(PRIOR[1] / PRIOR[0]) - (w * means.mean(0)).sum()  # the chapter's prior


# %% 1.4 wrong
def linear_form(prior, means, variances):
    w = (means[1] - means[0]) / variances
    return w, np.log(prior[1] / prior[0]) - ((means[1] - means[0]) ** 2 / (2 * variances)).sum()


# %% 1.5 right
def change(labelled, habit):
    differences = []
    for trial in range(5):
        without, with_them, _ = with_and_without(labelled, 2000, habit, trial)
        differences.append(with_them - without)
    return sum(differences) / 5


hurt = []
for labelled in (160, 40, 10):
    if change(labelled, 0.9) > 0:
        hurt.append(labelled)


# %% 1.5 wrong: without minus with
def change(labelled, habit):
    pairs = np.array([with_and_without(labelled, 2000, habit, trial)[:2] for trial in range(5)])
    return (pairs[:, 0] - pairs[:, 1]).mean()


hurt = [labelled for labelled in (10, 40, 160) if change(labelled, 0.9) > 0]


# %% 1.5 wrong: those are the ones that they help
def change(labelled, habit):
    pairs = np.array([with_and_without(labelled, 2000, habit, trial)[:2] for trial in range(5)])
    return (pairs[:, 1] - pairs[:, 0]).mean()


hurt = [labelled for labelled in (10, 40, 160) if change(labelled, 0.9) <= 0]


# %% 1.5 wrong: not their sum
def change(labelled, habit):
    pairs = np.array([with_and_without(labelled, 2000, habit, trial)[:2] for trial in range(5)])
    return (pairs[:, 1] - pairs[:, 0]).sum()


hurt = [labelled for labelled in (10, 40, 160) if change(labelled, 0.9) > 0]


# %% 1.5 wrong: the first trial alone
def change(labelled, habit):
    without, with_them, _ = with_and_without(labelled, 2000, habit, 0)
    return with_them - without


hurt = [labelled for labelled in (10, 40, 160) if change(labelled, 0.9) > 0]


# %% 1.5 wrong: subtract the error without
def change(labelled, habit):
    return np.mean([with_and_without(labelled, 2000, habit, trial)[1] for trial in range(5)])


hurt = [10, 40, 160]


# %% 1.5 wrong
def change(labelled, habit):
    pairs = np.array([with_and_without(labelled, 2000, 0.0, trial)[:2] for trial in range(5)])
    return (pairs[:, 1] - pairs[:, 0]).mean()


hurt = []


# %% 1.5 wrong
def change(labelled, habit):
    pairs = np.array([with_and_without(labelled, 2000, habit, trial)[:2] for trial in range(5)])
    return (pairs[:, 1] - pairs[:, 0]).mean()


hurt = [change(labelled, 0.9) > 0 for labelled in (10, 40, 160)]
