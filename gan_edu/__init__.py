"""gan_edu: the small package behind the course. Everything in it is a differentiable game.

What a notebook of your own imports:

    data         images by name or from your own folder, densities, drawn scenes; endless batches of them
    networks     multilayer perceptrons, convolutional generators and discriminators, translators, ensembles
    losses       the players' costs
    penalties    gradient penalties
    games        what a game is: players, draws, costs
    models       one file a system: its game, its networks, its recipe
    training     `play`, the one loop
    recipes      a system by its name, trained in one line
    metrics      how good it is
    plots        how it looks

`course` begins a lesson and runs the notebooks, `zoo` trains the systems in folders, `dynamics` holds the update rules.
"""

__version__ = "0.2.0"
