"""The programs of the examples that were used last, as objects with their valid sets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from sparse_rl.interpreters.world import Actions, Trajectory


@dataclass(slots=True)
class Unpacked:
    """Programs of one example, keyed by action sequence.

    A program from a file, a checkpoint or the packed programs has no trajectory yet (None): its
    valid sets are computed when it is first read with its world.
    """

    rewarded: dict[Actions, Trajectory | None]
    unrewarded: dict[Actions, Trajectory | None]

    def __len__(self) -> int:
        return len(self.rewarded) + len(self.unrewarded)


class UnpackedExamples:
    """The examples used last, in the order of their use.

    Args:
        room: programs that they have together; those of the example used last may be more.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self._examples: OrderedDict[str, Unpacked] = OrderedDict()
        self._programs = 0

    def __getitem__(self, example_id: str) -> Unpacked:
        return self._examples[example_id]

    def use(self, example_id: str) -> Unpacked | None:
        """Returns the example's programs if they are unpacked; it is then the one used last."""
        programs = self._examples.get(example_id)
        if programs is not None:
            self._examples.move_to_end(example_id)
        return programs

    def put(self, example_id: str, programs: Unpacked) -> None:
        """Keeps the programs of an example that is not here."""
        self._examples[example_id] = programs
        self._programs += len(programs)

    def grow(self, more: int) -> None:
        """Notes that examples have got so many more programs."""
        self._programs += more

    def surplus(self) -> Iterator[tuple[str, Unpacked]]:
        """Removes and yields examples that were not used for longest, until there is room."""
        while self._programs > self.room and len(self._examples) > 1:
            example_id, programs = self._examples.popitem(last=False)
            self._programs -= len(programs)
            yield example_id, programs
