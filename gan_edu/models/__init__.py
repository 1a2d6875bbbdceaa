"""The zoo: one file for each family of games, to be read from top to bottom in one sitting."""
