# %% 16.1 right
diagnoses = {patient.letter: f"  {patient.diagnosis.upper()} " for patient in ward.values()}

# %% 16.1 wrong: what is its cause?
diagnoses = dict.fromkeys(ward, "mode collapse")

# %% 16.1 wrong
diagnoses = dict.fromkeys(ward, "healthy")

# %% 16.1 wrong
diagnoses = dict.fromkeys(ward, 5)

# %% 16.2 right
trains_differently = [0, 0, 1, 1, 1]

# %% 16.2 right
trains_differently = np.array([False, False, True, True, True])

# %% 16.2 wrong: who uses it before it is cleared?
trains_differently = True, False, True, True, True

# %% 16.2 wrong: what gradient has that when it steps?
trains_differently = False, True, True, True, True

# %% 16.2 wrong: who uses it before it is cleared?
trains_differently = (True,) * 5

# %% 16.2 wrong: of all rounds are added up
trains_differently = False, False, True, False, True

# %% 16.2 wrong: what D's cost has left behind
trains_differently = False, False, True, True, False

# %% 16.2 wrong
trains_differently = False, False, True, True

# %% 16.2 wrong
trains_differently = "False, False, True, True, True"


# %% 16.3 right
def both_gradients(generator, discriminator, real, latents):
    for network in (generator, discriminator):
        network.zero_grad()
    fake = generator(latents)
    logits = discriminator(torch.cat([real, fake]))
    on_real, on_fake = logits[: len(real)], logits[len(real) :]
    d_cost = softplus(-on_real).mean() + softplus(on_fake).mean()
    d_cost.backward(inputs=list(discriminator.parameters()), retain_graph=True)
    softplus(-on_fake).mean().backward(inputs=list(generator.parameters()))
    return [p.grad for p in discriminator.parameters()], [p.grad for p in generator.parameters()]


# %% 16.3 right
def both_gradients(generator, discriminator, real, latents):
    bce = nn.BCEWithLogitsLoss()
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    g_cost = bce(on_fake, torch.ones_like(on_fake))
    of_g = torch.autograd.grad(g_cost, tuple(generator.parameters()), retain_graph=True)
    d_cost = bce(on_real, torch.ones_like(on_real)) + bce(on_fake, torch.zeros_like(on_fake))
    return torch.autograd.grad(d_cost, tuple(discriminator.parameters())), of_g


# %% 16.3 wrong: two calls of backward() add up
def both_gradients(generator, discriminator, real, latents):
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    (softplus(-on_real).mean() + softplus(on_fake).mean()).backward(retain_graph=True)
    softplus(-on_fake).mean().backward()
    return [p.grad for p in discriminator.parameters()], [p.grad for p in generator.parameters()]


# %% 16.3 wrong: the generator's cost is
def both_gradients(generator, discriminator, real, latents):
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    d_cost, g_cost = softplus(-on_real).mean() + softplus(on_fake).mean(), -softplus(-on_fake).mean()
    of_d = torch.autograd.grad(d_cost, list(discriminator.parameters()), retain_graph=True)
    return of_d, torch.autograd.grad(g_cost, list(generator.parameters()))


# %% 16.3 wrong
def both_gradients(generator, discriminator, real, latents):
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    d_cost, g_cost = softplus(-on_real).mean() + softplus(on_fake).mean(), -softplus(on_fake).mean()
    of_d = torch.autograd.grad(d_cost, list(discriminator.parameters()), retain_graph=True)
    return of_d, torch.autograd.grad(g_cost, list(generator.parameters()))


# %% 16.3 wrong: 192
def both_gradients(generator, discriminator, real, latents):
    fake = generator(latents)
    d_cost = softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()
    of_d = torch.autograd.grad(d_cost, list(discriminator.parameters()))
    of_g = torch.autograd.grad(softplus(-discriminator(fake)).mean(), list(generator.parameters()))
    return of_d, of_g


# %% 16.3 wrong
def both_gradients(generator, discriminator, real, latents):
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    d_cost, g_cost = softplus(-on_real).mean() + softplus(on_fake).mean(), softplus(-on_fake).mean()
    of_d = torch.autograd.grad(d_cost, list(discriminator.parameters()), retain_graph=True)
    return torch.autograd.grad(g_cost, list(generator.parameters())), of_d


# %% 16.3 wrong: cannot be judged
def both_gradients(generator, discriminator, real, latents):
    optimiser = torch.optim.SGD(discriminator.parameters(), lr=0.1)
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    d_cost = softplus(-on_real).mean() + softplus(on_fake).mean()
    of_d = torch.autograd.grad(d_cost, list(discriminator.parameters()), retain_graph=True)
    for weight, gradient in zip(discriminator.parameters(), of_d):
        weight.grad = gradient
    optimiser.step()
    return of_d, torch.autograd.grad(softplus(-on_fake).mean(), list(generator.parameters()))


# %% 16.3 right
def both_gradients(generator, discriminator, real, latents):
    # by the chain rule: D's slope at the fakes, then the generator's
    fake = generator(latents)
    seen = fake.detach().requires_grad_()
    on_real, on_fake = discriminator(real), discriminator(seen)
    d_cost = softplus(-on_real).mean() + softplus(on_fake).mean()
    of_d = torch.autograd.grad(d_cost, list(discriminator.parameters()), retain_graph=True)
    (slope,) = torch.autograd.grad(softplus(-on_fake).mean(), seen)
    return of_d, torch.autograd.grad(fake, list(generator.parameters()), slope)


# %% 16.3 wrong: what another round left
def both_gradients(generator, discriminator, real, latents):
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    d_cost = softplus(-on_real).mean() + softplus(on_fake).mean()
    d_cost.backward(inputs=list(discriminator.parameters()), retain_graph=True)
    softplus(-on_fake).mean().backward(inputs=list(generator.parameters()))
    return [p.grad for p in discriminator.parameters()], [p.grad for p in generator.parameters()]


# %% 16.3 wrong: cannot be judged
def both_gradients(generator, discriminator, real, latents):
    # batches of 64 only
    ones, zeros, bce = torch.ones(64, 1), torch.zeros(64, 1), nn.BCEWithLogitsLoss()
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    d_cost = bce(on_real, ones) + bce(on_fake, zeros)
    of_d = torch.autograd.grad(d_cost, list(discriminator.parameters()), retain_graph=True)
    return of_d, torch.autograd.grad(bce(on_fake, ones), list(generator.parameters()))


# %% 16.3 wrong
def both_gradients(generator, discriminator, real, latents):
    # takes the steps that it should leave to the optimisers
    on_real, on_fake = discriminator(real), discriminator(generator(latents))
    d_cost = softplus(-on_real).mean() + softplus(on_fake).mean()
    of_d = torch.autograd.grad(d_cost, list(discriminator.parameters()), retain_graph=True)
    of_g = torch.autograd.grad(softplus(-on_fake).mean(), list(generator.parameters()))
    with torch.no_grad():
        for weight, gradient in zip([*discriminator.parameters(), *generator.parameters()], [*of_d, *of_g]):
            weight -= 0.1 * gradient
    return of_d, of_g


# %% 16.4 right
in_bf16, in_fp16, in_fp32 = (np.log(2.0) * (b + 1) for b in (8, 11, 24))

# %% 16.4 right
in_bf16, in_fp16, in_fp32 = 6.24, 8.32, 17.33

# %% 16.4 wrong: half a spacing is enough
in_bf16, in_fp16, in_fp32 = (b * math.log(2) for b in (8, 11, 24))

# %% 16.4 wrong: the sigmoid is lost much earlier
in_bf16, in_fp16, in_fp32 = (math.log(torch.finfo(k).max) for k in (torch.bfloat16, torch.float16, torch.float32))

# %% 16.4 wrong: the order is
in_bf16, in_fp16, in_fp32 = 8.32, 6.24, 17.33

# %% 16.4 wrong: those are the digits
in_bf16, in_fp16, in_fp32 = 8, 11, 24

# %% 16.4 wrong: base e
in_bf16, in_fp16, in_fp32 = 9.0, 12.0, 25.0

# %% 16.4 wrong
in_bf16, in_fp16, in_fp32 = -6.24, -8.32, -17.33

# %% 16.4 right
in_bf16, in_fp16, in_fp32 = [-math.log(torch.finfo(k).eps / 4) for k in (torch.bfloat16, torch.float16, torch.float32)]

# %% 16.4 wrong
in_bf16, in_fp16, in_fp32 = (-math.log(torch.finfo(k).eps) for k in (torch.bfloat16, torch.float16, torch.float32))


# %% 16.5 right
def costs_of_g(logits):
    return [-nn.functional.logsigmoid(logits), nn.functional.logsigmoid(-logits)]


# %% 16.5 right
def costs_of_g(logits):
    zero = torch.zeros_like(logits)
    return torch.logaddexp(zero, -logits), -torch.logaddexp(zero, logits)


# %% 16.5 wrong: use softplus
def costs_of_g(logits):
    return -torch.log(torch.sigmoid(logits)), torch.log(1 - torch.sigmoid(logits))


# %% 16.5 wrong: takes the slope away
def costs_of_g(logits):
    return -(logits.sigmoid() + 1e-8).log(), (1 - logits.sigmoid() + 1e-8).log()


# %% 16.5 wrong
def costs_of_g(logits):
    answers = logits.sigmoid().clamp(1e-7, 1 - 1e-7)
    return -answers.log(), (1 - answers).log()


# %% 16.5 wrong: is negative
def costs_of_g(logits):
    return softplus(-logits), softplus(logits)


# %% 16.5 wrong: the order is
def costs_of_g(logits):
    return -softplus(logits), softplus(-logits)


# %% 16.5 wrong
def costs_of_g(logits):
    return softplus(-logits).mean(), -softplus(logits).mean()


# %% 16.5 right
def costs_of_g(logits):
    # in 64 bits
    wide = logits.double()
    return torch.log1p((-wide).exp()), -torch.log1p(wide.exp())


# %% 16.5 wrong: relu and abs have slope 0
def costs_of_g(logits):
    rest = torch.log1p(torch.exp(-logits.abs()))
    return torch.relu(-logits) + rest, -torch.relu(logits) - rest


# %% 16.5 wrong: softplus keeps it
def costs_of_g(logits):
    bce = nn.functional.binary_cross_entropy_with_logits
    on_one, on_zero = (bce(logits, torch.full_like(logits, label), reduction="none") for label in (1, 0))
    return on_one, -on_zero


# %% 16.5 wrong
def costs_of_g(logits):
    # exp(100) is too large for 32 bits, under log1p as well
    return torch.log1p(torch.exp(-logits)), -torch.log1p(torch.exp(logits))


# %% 16.5 wrong
def costs_of_g(logits):
    # bounded logits have no slope beyond the bound
    logits = logits.clamp(-20, 20)
    return softplus(-logits), -softplus(logits)


# %% 16.6 right
smallest_answer, slope, best_cost = torch.tensor(0.5), 0, math.log(2)

# %% 16.6 wrong: without the last ReLU
smallest_answer, slope, best_cost = 0.0, 1 / (1 + math.exp(2)) - 1, 0.0

# %% 16.6 wrong: a logit of 0 is an answer of 1/2
smallest_answer, slope, best_cost = 0, 0, math.log(2)

# %% 16.6 wrong: on the flat side
smallest_answer, slope, best_cost = 0.5, -0.5, math.log(2)

# %% 16.6 wrong: it can still be sure of the data
smallest_answer, slope, best_cost = 0.5, 0, 2 * math.log(2)

# %% 16.6 right
smallest_answer, slope, best_cost = 1 / 2, -0.0, 0.693

# %% 16.6 wrong
smallest_answer, slope, best_cost = 0.5, 1 / (1 + math.exp(2)) - 1, math.log(2)
