"""What processes tell each other in a step arrives whole."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl import processes
from sparse_rl.modules.exchanging import Observed, StepExchange

weights = st.floats(0, allow_nan=False, allow_infinity=False)
observed = st.dictionaries(st.lists(st.integers(0, 60_000)).map(tuple), weights, max_size=6)
CPU = torch.device("cpu")


@given(st.lists(observed, min_size=1, max_size=3), st.data())
def test_every_process_learns_all_observations_the_loss_and_who_wants_to_stop(
    parts: list[Observed], data: st.DataObject
) -> None:
    sent: list[list[float]] = []
    stops = [data.draw(st.booleans()) for _ in parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes.Mailbox, "send", lambda self, own, device: sent.append(own))
        patch.setattr(processes.Mailbox, "receive", lambda self: sent)
        exchange = StepExchange()
        for number, (part, stop) in enumerate(zip(parts, stops, strict=True)):
            exchange.stop = stop
            exchange.send(float(number), part, CPU)
        received = exchange.receive()
    assert received == parts
    assert [list(part) for part in received] == [list(part) for part in parts], "in their order"
    assert exchange.stopping == any(stops)
    assert exchange.loss == sum(range(len(parts))) / len(parts)
