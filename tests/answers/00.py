# %% 0.1 right
right_answers = 1000 / 2

# %% 0.1 right
right_answers = sum(0.5 for note in range(1000))

# %% 0.1 wrong: always knows
right_answers = 1000

# %% 0.1 wrong: that is a quarter
right_answers = 250.0

# %% 0.1 wrong: that is the share
right_answers = 0.5

# %% 0.1 wrong
right_answers = 0

# %% 0.2 right
number_of_heaps = 5
distance_between_neighbours = 4 * torch.sin(torch.tensor(torch.pi / 5))

# %% 0.2 right
number_of_heaps, distance_between_neighbours = 5, 2.351

# %% 0.2 right
ring = data.ring(5, 2)
number_of_heaps = ring.centres.shape[0]
distance_between_neighbours = (ring.centres[3] - ring.centres[4]).square().sum().sqrt()

# %% 0.2 wrong: the eight of this chapter
number_of_heaps = 8
distance_between_neighbours = 2.351

# %% 0.2 wrong: the shape is
number_of_heaps = 5
distance_between_neighbours = [2.351, 2.351]

# %% 0.2 wrong: the angle between them
number_of_heaps = 5
distance_between_neighbours = 2 * torch.pi / 5

# %% 0.2 wrong: along the circle
number_of_heaps = 5
distance_between_neighbours = 4 * torch.pi / 5

# %% 0.2 wrong: a ring of radius 1
ring = data.ring(5)
number_of_heaps = 5
distance_between_neighbours = torch.dist(ring.centres[0], ring.centres[1])

# %% 0.2 wrong: a ring of eight heaps
ring = data.ring(radius=2)
number_of_heaps = 5
distance_between_neighbours = torch.dist(ring.centres[0], ring.centres[1])

# %% 0.2 wrong: the next but one
ring = data.ring(5, 2)
number_of_heaps = 5
distance_between_neighbours = torch.dist(ring.centres[0], ring.centres[2])

# %% 0.2 wrong
distance_between_neighbours, number_of_heaps = 5, 2.351

# %% 0.2 wrong: the answer given is
number_of_heaps = data.ring(5, 2)
distance_between_neighbours = 2.351


# %% 0.2 right
centres = data.ring(5, 2.0).centres.numpy()
number_of_heaps = len(centres)
distance_between_neighbours = ((centres[:1] - centres[1:2]) ** 2).sum(1) ** 0.5  # an array of one number


# %% 0.2 wrong
centres = data.ring(5, 2.0).centres
number_of_heaps = len(centres)
distance_between_neighbours = torch.cdist(centres, centres).min()  # of a centre from itself


# %% 0.3 right
lab = with_trained_players()
before = conviction(lab)
turns = 0
while turns < TURNS:
    lab.turn("generator")
    turns += 1
after = torch.tensor(conviction(lab))

# %% 0.3 wrong: that is the value after them
lab = with_trained_players()
after = conviction(lab)
for _ in range(TURNS):
    lab.turn("generator")
before = conviction(lab)

# %% 0.3 wrong: did the generator play?
before = after = conviction(with_trained_players())

# %% 0.3 wrong: at most 1 wanted
before = conviction(with_trained_players())
after = 100 * before

# %% 0.3 wrong
lab = with_trained_players()
before = conviction(lab)
for _ in range(200):
    lab.turn("discriminator")
after = conviction(lab)


# %% 0.3 wrong: at least
lab = with_trained_players()
before = conviction(lab)
lab.rounds(TURNS)  # both play
after = conviction(lab)


# %% 0.3 wrong
def mean_logit(lab):
    with torch.no_grad():
        return lab.game.discriminator(lab.samples(2500)).mean().item()


lab = with_trained_players()
before = mean_logit(lab)
for _ in range(TURNS):
    lab.turn("generator")
after = mean_logit(lab)
