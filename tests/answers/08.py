# %% 8.1 right
def spectral_step(weight, v):
    rows = weight.reshape(len(weight), -1)
    with torch.no_grad():
        u = rows @ v
        u = u / u.norm()
        following = u @ rows
        following = following / following.norm()
    sigma = (u * (rows * following).sum(1)).sum()
    return weight / sigma, following


# %% 8.1 right
def spectral_step(weight, v):
    rows = weight.flatten(1)
    fixed = rows.detach()
    u = normalize(fixed @ v, dim=0)
    v = normalize(fixed.T @ u, dim=0)
    return weight / torch.einsum("i,ij,j->", u, rows, v), v


# %% 8.1 right
def spectral_step(weight, v):
    # W^T u is as long as the estimate
    rows = weight.flatten(1)
    u = normalize(rows @ v, dim=0).detach()
    back = u @ rows
    return weight / back.norm(), (back / back.norm()).detach()


# %% 8.1 wrong: Frobenius
def spectral_step(weight, v):
    rows = weight.flatten(1).detach()
    return weight / weight.norm(), normalize(rows.T @ normalize(rows @ v, dim=0), dim=0)


# %% 8.1 wrong: must not be cut off from the gradient
def spectral_step(weight, v):
    with torch.no_grad():
        rows = weight.flatten(1)
        u = normalize(rows @ v, dim=0)
        v = normalize(rows.T @ u, dim=0)
        sigma = u @ rows @ v
    return weight / sigma, v


# %% 8.1 wrong: the v of the next pass
def spectral_step(weight, v):
    rows = weight.flatten(1)
    with torch.no_grad():
        u = normalize(rows @ v, dim=0)
        following = normalize(rows.T @ u, dim=0)
    return weight / (u @ rows @ following), v


# %% 8.1 wrong: asked is one step
def spectral_step(weight, v):
    rows = weight.flatten(1)
    with torch.no_grad():
        for _ in range(1500):
            u = normalize(rows @ v, dim=0)
            v = normalize(rows.T @ u, dim=0)
    return weight / (u @ rows @ v), v


# %% 8.1 wrong: not by its square
def spectral_step(weight, v):
    rows = weight.flatten(1)
    with torch.no_grad():
        u = normalize(rows @ v, dim=0)
        v = normalize(rows.T @ u, dim=0)
    return weight / (u @ rows @ v).square(), v


# %% 8.1 wrong
def spectral_step(weight, v):
    rows = weight.flatten(1)
    with torch.no_grad():
        u = rows @ v
        v = rows.T @ u
    return weight / (u @ rows @ v), v


# %% 8.1 wrong
def spectral_step(weight, v):
    rows = weight.flatten(1)
    u = normalize(rows @ v, dim=0)
    return weight / (u @ rows @ v), v


# %% 8.1 wrong
def spectral_step(weight, v):
    return v, weight


# %% 8.1 wrong
def spectral_step(weight, v):
    # u and v are differentiated, too
    rows = weight.flatten(1)
    u = normalize(rows @ v, dim=0)
    v = normalize(rows.T @ u, dim=0)
    return weight / (u @ rows @ v), v


# %% 8.1 wrong
def spectral_step(weight, v):
    # the length of Wv with the next v: half a step too far
    rows = weight.flatten(1)
    with torch.no_grad():
        u = normalize(rows @ v, dim=0)
        v = normalize(rows.T @ u, dim=0)
    return weight / (rows @ v).norm(), v


# %% 8.2 right
def r1(discriminator, real, weight):
    real = real.clone().requires_grad_(True)
    logits = discriminator(real)
    slopes = torch.autograd.grad(logits, real, torch.ones_like(logits), create_graph=True)[0]
    return 0.5 * weight * (slopes**2).sum() / len(real)


# %% 8.2 right
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    total = 0
    for k in range(len(real)):
        (slope,) = torch.autograd.grad(discriminator(real[k : k + 1]).squeeze(), real, create_graph=True)
        total = total + slope.square().sum()
    return weight * total / (2 * len(real))


# %% 8.2 right
def r1(discriminator, real, weight):
    slopes = torch.vmap(torch.func.grad(lambda x: discriminator(x[None]).sum()))(real)
    return (weight / 2 * slopes.flatten(1).pow(2).sum(1)).mean()


# %% 8.2 wrong: γ is halved
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight * slopes.flatten(1).square().sum(1).mean()


# %% 8.2 wrong: the norm of the slope is squared
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight / 2 * slopes.flatten(1).norm(dim=1).mean()


# %% 8.2 wrong: not averaged
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight / 2 * slopes.square().mean()


# %% 8.2 wrong: over samples it is a mean
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight / 2 * slopes.square().sum()


# %% 8.2 wrong: smaller by the batch's size
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).mean(), real, create_graph=True)
    return weight / 2 * slopes.flatten(1).square().sum(1).mean()


# %% 8.2 wrong: not the probability's
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(torch.sigmoid(discriminator(real)).sum(), real, create_graph=True)
    return weight / 2 * slopes.flatten(1).square().sum(1).mean()


# %% 8.2 wrong: R1 asks for 0
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight / 2 * (slopes.flatten(1).norm(dim=1) - 1).square().mean()


# %% 8.2 wrong: create_graph=True
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real)
    return weight / 2 * slopes.flatten(1).square().sum(1).mean()


# %% 8.2 wrong
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return -weight / 2 * slopes.flatten(1).square().sum(1).mean()


# %% 8.2 wrong
def r1(discriminator, real, weight):
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight / 2 * slopes.flatten(1).square().sum(1)


# %% 8.2 wrong
def r1(discriminator, real, weight):
    # the square of the mean for the mean of the squares
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight / 2 * slopes.flatten(1).norm(dim=1).mean().square()


# %% 8.2 wrong
def r1(discriminator, real, weight):
    # the slope of D's cost for that of its logit
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(softplus(-discriminator(real)).sum(), real, create_graph=True)
    return weight / 2 * slopes.flatten(1).square().sum(1).mean()


# %% 8.2 wrong
def r1(discriminator, real, weight):  # the weight is forgotten
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return 5 * slopes.flatten(1).square().sum(1).mean()


# %% 8.2 wrong
def r1(discriminator, real, weight):  # images only
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return weight / 2 * slopes.square().sum((1, 2, 3)).mean()


# %% 8.3 right
def moved(images, rows, columns):
    made = torch.zeros_like(images)
    height, width = images.shape[-2:]
    for k in range(len(images)):
        r, c = int(rows[k]), int(columns[k])
        for i in range(height):
            for j in range(width):
                if 0 <= i - r < height and 0 <= j - c < width:
                    made[k, :, i, j] = images[k, :, i - r, j - c]
    return made


# %% 8.3 right
def moved(images, rows, columns):
    height, width = images.shape[2:]
    down = torch.arange(height) - rows.view(-1, 1)
    right = torch.arange(width) - columns.view(-1, 1)
    lines = (down.unsqueeze(2) == torch.arange(height)).to(images.dtype)
    places = (right.unsqueeze(2) == torch.arange(width)).to(images.dtype)
    return torch.einsum("nab,ncbd,ned->ncae", lines, images, places)


# %% 8.3 wrong: rows go down, columns to the right
def moved(images, rows, columns):
    height, width = images.shape[2:]
    wide = pad(images, (width, width, height, height))
    return torch.stack(
        [x[:, height - r : 2 * height - r, width - c : 2 * width - c] for x, r, c in zip(wide, columns.tolist(), rows.tolist())]
    )


# %% 8.3 wrong: down and right are positive
def moved(images, rows, columns):
    height, width = images.shape[2:]
    wide = pad(images, (width, width, height, height))
    return torch.stack(
        [x[:, height + r : 2 * height + r, width + c : 2 * width + c] for x, r, c in zip(wide, rows.tolist(), columns.tolist())]
    )


# %% 8.3 right
def moved(images, rows, columns):
    # a negative margin cuts off
    return torch.stack([pad(x, (c, -c, r, -r)) for x, r, c in zip(images, rows.tolist(), columns.tolist())])


# %% 8.3 wrong: must not come in on the other
def moved(images, rows, columns):
    return torch.stack([image.roll((int(r), int(c)), (1, 2)) for image, r, c in zip(images, rows, columns)])


# %% 8.3 wrong: what comes in is 0
def moved(images, rows, columns):
    height, width = images.shape[2:]
    wide = pad(images, (width, width, height, height), value=-1.0)
    return torch.stack(
        [x[:, height - r : 2 * height - r, width - c : 2 * width - c] for x, r, c in zip(wide, rows.tolist(), columns.tolist())]
    )


# %% 8.3 wrong: each image has its own shift
def moved(images, rows, columns):
    height, width = images.shape[2:]
    wide = pad(images, (width, width, height, height))
    r, c = int(rows[0]), int(columns[0])
    return wide[:, :, height - r : 2 * height - r, width - c : 2 * width - c]


# %% 8.3 wrong
def moved(images, rows, columns):
    with torch.no_grad():
        height, width = images.shape[2:]
        wide = pad(images, (width, width, height, height))
        return torch.stack(
            [
                x[:, height - r : 2 * height - r, width - c : 2 * width - c]
                for x, r, c in zip(wide, rows.tolist(), columns.tolist())
            ]
        )


# %% 8.3 wrong
def moved(images, rows, columns):
    return images


# %% 8.3 wrong
def moved(images, rows, columns):
    # a shift by 0 falls into the branch of negative ones, and [0:] is everything
    made = []
    for image, r, c in zip(images, rows.tolist(), columns.tolist()):
        image = image.roll((r, c), (1, 2)).clone()
        image[:, slice(0, r) if r > 0 else slice(r, None)] = 0
        image[:, :, slice(0, c) if c > 0 else slice(c, None)] = 0
        made.append(image)
    return torch.stack(made)


# %% 8.3 wrong
def moved(images, rows, columns):
    # from corner to corner there are height - 1 steps, and the shift is counted in height
    height, width = images.shape[2:]
    maps = torch.eye(2, 3).repeat(len(images), 1, 1)
    maps[:, 0, 2], maps[:, 1, 2] = -2 * columns / width, -2 * rows / height
    grid = nn.functional.affine_grid(maps, images.shape, align_corners=True)
    return nn.functional.grid_sample(images, grid, align_corners=True)


# %% 8.3 wrong
def moved(images, rows, columns):  # a margin of four pixels
    height, width = images.shape[2:]
    wide = pad(images, (4, 4, 4, 4))
    shifts = zip(wide, rows.tolist(), columns.tolist())
    return torch.stack([w[:, 4 - r : 4 - r + height, 4 - c : 4 - c + width] for w, r, c in shifts])


# %% 8.4 right
cost_of_d = -(0.9 * np.log(0.45) + 1.1 * np.log1p(-0.45))
cost_of_g = np.log(20 / 9)


# %% 8.4 right
cost_of_d, cost_of_g = 1.3762, 0.7985


# %% 8.4 wrong: the plain game's lines
cost_of_d, cost_of_g = 2 * math.log(2), math.log(2)


# %% 8.4 wrong: a real sample has two targets
cost_of_d, cost_of_g = -0.9 * math.log(0.45) - math.log(0.55), -math.log(0.45)


# %% 8.4 wrong
cost_of_d, cost_of_g = -math.log(0.45), -0.9 * math.log(0.45) - 1.1 * math.log(0.55)


# %% 8.4 wrong
cost_of_d, cost_of_g = -1.0, 0.8


# %% 8.4 wrong
at_p_is_q = 0.9 / 1.9  # 0.9 p / (0.9 p + q)
cost_of_d, cost_of_g = -0.9 * math.log(at_p_is_q) - 1.1 * math.log(1 - at_p_is_q), -math.log(at_p_is_q)


# %% 8.4 wrong
cost_of_d = -0.9 * math.log(0.45) - 1.1 * math.log(0.55)
cost_of_g = -0.9 * math.log(0.45) - 0.1 * math.log(0.55)  # its target is 1, not 0.9


# %% 8.5 right
noise = (2 * np.log(100)) ** -0.5


# %% 8.5 right
noise = np.float64(0.3295)


# %% 8.5 wrong: has a one half
noise = 1 / math.sqrt(math.log(100))


# %% 8.5 wrong: not the noise
noise = 0.01


# %% 8.5 wrong: its square
noise = 1 / (2 * math.log(100))


# %% 8.5 wrong
noise = -1 / math.sqrt(2 * math.log(100))


# %% 8.5 wrong
noise = 0


# %% 8.5 wrong
noise = 1 / math.sqrt(4 * math.log(100))  # noise on both sides, as if it were added up


# %% 8.5 wrong: that makes D, and not the ratio, a hundredth
noise = 1 / math.sqrt(2 * math.log(99))
