"""The laboratory of a game as a widget: what its page asks, and what it is told."""

from pathlib import Path

import torch

from ... import losses, penalties
from ...models.gan import GAN
from ..page import style
from ..page.kernel import KernelLaboratory, module

FOLDER = Path(__file__).parent
KNOWN = (losses.non_saturating, losses.minimax, losses.least_squares, losses.wasserstein, losses.hinge, losses.relativistic)


class GameView(KernelLaboratory):
    """A `GameLab` as a widget, in the playground's pictures."""

    _esm = module(FOLDER)
    _css = style(FOLDER.parent / "playground", FOLDER)

    def __init__(self, lab):
        self.lab = lab
        super().__init__(layers=("verdicts", "manifold", "arrows"), measure=True)

    def answer(self, question: dict) -> tuple[dict, dict[str, torch.Tensor]]:
        """Does what is asked, and says what is then to be seen.

        question: `rounds`, how many to play, or `turn`, a player's name, or `apart`, to play a round and see each of its turns, or
        `seed`, to begin again from, or none of them, to look;
        `layers`, those that are drawn; `measure`, whether the state is measured and described; and what the page knows already, `run`,
        the number of the run, and how many rows it has of `costs` and `measures`.
        """
        with self.lab.lock:
            return self._answer(self.lab, question)

    def _answer(self, lab, question):
        turns = []
        match question:
            case {"rounds": count}:
                lab.rounds(count)
            case {"turn": player}:
                lab.turn(player)
            case {"apart": True}:
                turns = lab.round_apart(question["layers"])
            case {"seed": seed}:
                lab.reset(seed)
        said = self.setting() | {"turns": [costs for costs, _ in turns]}
        if question.get("measure"):
            said["says"] = lab.describe()
        same = question.get("run") == lab.begun
        said["from"] = {history: question[history] if same else 0 for history in ("costs", "measures")}
        arrays = lab.scene(question["layers"]) | {
            "costs": rows(lab.course, said["from"]["costs"], 1 + len(lab.game.order)),
            "measures": rows(lab.measured, said["from"]["measures"], 3),
        }
        for k, (_, seen) in enumerate(turns):
            arrays |= {f"{k} {name}": array for name, array in seen.items()}
        return said, arrays

    def setting(self) -> dict:
        """What the arrays belong to: the run, and what axes and legend need to know of the game."""
        lab, game = self.lab, self.lab.game
        plain = game.objective in KNOWN and type(game).generator_cost is GAN.generator_cost
        return {
            "run": lab.begun,
            "seed": lab.seed,
            "position": lab.position,
            "players": list(game.order),
            "limit": lab.limit,
            "floor": lab.floor,
            "loss": game.objective.name if plain else None,
            "penalties": len(game.penalties),
            "between": any(isinstance(penalty, penalties.GradientPenalty) for penalty in game.penalties),
            "modes": len(lab.density.centres) if hasattr(lab.density, "centres") else None,
        }

    def words(self) -> str:
        """The present state in one line."""
        return self.lab.describe()

    def picture(self) -> bytes:
        """The present state as a PNG."""
        return self.lab.picture()


def rows(table: list[list[float]], start: int, width: int) -> torch.Tensor:
    """The rows of a table from `start` on, (N, width)."""
    return torch.tensor(table[start:]).view(-1, width)
