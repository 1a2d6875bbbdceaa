"""Models: one file a system, with its game, its networks' sizes and its recipe, to be read from top to bottom in one sitting."""
