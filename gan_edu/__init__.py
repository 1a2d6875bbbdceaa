"""gan_edu: the small package behind the course. Everything in it is a differentiable game."""

__version__ = "0.1.0"
