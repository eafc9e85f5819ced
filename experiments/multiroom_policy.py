"""The policy of the MultiRoom experiment, its probabilities and its Adam."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sparse_rl.exploration.gumbel import Region
from sparse_rl.interpreters.rooms.multiroom import VIEW, MultiRoomWorld, RoomState

Seen = tuple[bytes, int]
"""What the policy acts on: the view and the direction. It has no memory."""


class Network(nn.Module):
    """Convolutions 3 -> 32 -> 48 -> 64 shrink the view to one cell; a linear layer 68 -> 7."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(3, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 48, 3),
            nn.ReLU(),
            nn.Conv2d(48, 64, 3),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.linear = nn.Linear(64 + 4, 7)
        # The greatest code of a type, a colour and a door's state in these rooms.
        self.register_buffer("greatest", torch.tensor([8.0, 5.0, 1.0]))

    def forward(self, seen: Sequence[Seen]) -> Tensor:
        """Log-probabilities (N, 7) of the actions."""
        codes = torch.frombuffer(bytearray().join(view for view, _ in seen), dtype=torch.uint8)
        view = codes.view(-1, VIEW, VIEW, 3) / self.greatest
        facing = torch.tensor([facing for _, facing in seen])
        features = [self.convolutions(view.permute(0, 3, 1, 2)), nn.functional.one_hot(facing, 4)]
        return self.linear(torch.cat(features, 1)).log_softmax(1)


class Policy:
    """The network, its Adam, and the probabilities that it gave since its last update."""

    def __init__(self, lr: float, seed: int) -> None:
        torch.manual_seed(seed)
        self.network = Network()
        self._adam = torch.optim.Adam(self.network.parameters(), lr)
        self._known: dict[Seen, list[float]] = {}

    def score(
        self, worlds: Sequence[MultiRoomWorld], requests: Sequence[tuple[int, Region]]
    ) -> list[list[float]]:
        """Log-probabilities of the actions, for (number of the world, region) pairs."""
        seen = [look(worlds[number], region.state) for number, region in requests]
        new = [key for key in dict.fromkeys(seen) if key not in self._known]
        if new:
            with torch.no_grad():
                self._known.update(zip(new, self.network(new).tolist(), strict=True))
        return [self._known[key] for key in seen]

    def log_probs(self, walks: Sequence[tuple[MultiRoomWorld, Sequence[int]]]) -> list[Tensor]:
        """Log-probabilities of the actions of each walk, shape (T,), with their gradient."""
        # Many steps see the same: the network reads each view once.
        row: dict[Seen, int] = {}
        rows: list[int] = []
        for world, actions in walks:
            state = world.start()
            for action in actions:
                rows.append(row.setdefault(look(world, state), len(row)))
                state = world.step(state, action)
        if not rows:
            return []
        taken = [action for _, actions in walks for action in actions]
        log_p = self.network(list(row))[rows, taken]
        return list(log_p.split([len(actions) for _, actions in walks]))

    def descend(self, loss: Tensor) -> None:
        """One step of Adam."""
        self._adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._adam.step()
        self._known.clear()


def look(world: MultiRoomWorld, state: RoomState) -> Seen:
    """What the policy sees in a state."""
    return world.view(state), state.facing
