"""MeRL: the meta-gradient against finite differences, and where it leads."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from sparse_rl.estimators import Merl, Mml, ScoredBatch, Stratum

B, FRESH = int(Stratum.B), int(Stratum.FRESH)


class SmallPolicy(nn.Module):
    """A GRU over programs of three steps, with the question as its first state, in float64."""

    def __init__(self, questions: int, actions: int = 4, hidden: int = 5) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.question = nn.Embedding(questions, hidden)
        self.action = nn.Embedding(actions + 1, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.score = nn.Linear(hidden, actions)
        self.double()

    def forward(self, question_N: Tensor, action_NT: Tensor) -> tuple[Tensor, Tensor]:
        begin_N1 = torch.full((len(action_NT), 1), self.action.num_embeddings - 1)
        read_NTH = self.action(torch.cat([begin_N1, action_NT[:, :-1]], 1))
        output_NTH, _ = self.gru(read_NTH, self.question(question_N)[None])
        log_p_NTV = self.score(output_NTH).log_softmax(-1)
        log_prob_N = log_p_NTV.gather(-1, action_NT[..., None]).squeeze(-1).sum(1)
        return log_prob_N, -(log_p_NTV.exp() * log_p_NTV).sum((1, 2))


def as_batch(log_prob_N: Tensor, example_N: Tensor, stratum_N: Tensor, **more: Any) -> ScoredBatch:
    """Everything of stratum B and rewarded, but where `more` says otherwise."""
    num = int(example_N.max()) + 1
    mass_B = torch.stack(
        [log_prob_N.detach()[(example_N == b) & (stratum_N == B)].logsumexp(0) for b in range(num)]
    )
    none_B = torch.full((num,), -math.inf).double()
    batch = ScoredBatch(
        log_prob_N, torch.ones(len(log_prob_N)), example_N, stratum_N, mass_B, none_B, num
    )
    return dataclasses.replace(batch, **more)


@dataclasses.dataclass
class Step:
    """A step over questions 0 and 1, with questions 2 and 3 held out."""

    policy: SmallPolicy
    features_NF: Tensor
    action_NT: Tensor
    held_NT: Tensor
    example_N: Tensor
    stratum_N: Tensor
    reward_N: Tensor
    held_N: Tensor

    def train(self) -> ScoredBatch:
        log_prob_N, entropy_N = self.policy(self.example_N, self.action_NT)
        more = {"features_NF": self.features_NF, "reward_N": self.reward_N, "entropy_N": entropy_N}
        return as_batch(log_prob_N, self.example_N, self.stratum_N, **more)

    def held_out(self, parameters: Any) -> ScoredBatch:
        inputs = (self.held_N, self.held_NT)
        log_prob_N, _ = functional_call(self.policy, dict(parameters), inputs)
        return as_batch(log_prob_N, self.held_N - 2, torch.full_like(self.held_N, B))

    def meta_arguments(self, merl: Merl) -> tuple[Any, ...]:
        batch = self.train()
        return merl.loss(batch)[0], batch, dict(self.policy.named_parameters()), self.held_out


@pytest.fixture
def step() -> Step:
    generator = torch.Generator().manual_seed(3)

    def actions(count: int) -> Tensor:
        return torch.randint(4, (count, 3), generator=generator)

    return Step(
        SmallPolicy(questions=4),
        torch.rand(7, 3, generator=generator).double(),
        actions(7),
        actions(5),
        torch.tensor([0, 0, 0, 0, 1, 1, 1]),
        torch.tensor([B, B, B, FRESH, B, B, FRESH]),
        torch.tensor([1.0, 1, 1, 1, 1, 1, 0]),
        torch.tensor([2, 2, 3, 3, 3]),
    )


def meta_loss(step: Step, phi: Tensor, look_ahead: float, entropy_weight: float) -> Tensor:
    """The held-out objective after one plain gradient step, from nothing but losses."""
    merl = with_phi(phi, look_ahead, entropy_weight)
    theta = dict(step.policy.named_parameters())
    loss, _ = merl.loss(step.train())
    gradients = torch.autograd.grad(loss, list(theta.values()), materialize_grads=True)
    moved = {
        name: value.detach() - look_ahead * gradient
        for (name, value), gradient in zip(theta.items(), gradients, strict=True)
    }
    return Mml().loss(step.held_out(moved))[0].detach()


def with_phi(phi: Tensor, look_ahead: float, entropy_weight: float) -> Merl:
    merl = Merl(size=len(phi), look_ahead=look_ahead, entropy_weight=entropy_weight)
    merl.load_state_dict(merl.state_dict() | {"phi": phi})
    return merl


@pytest.mark.parametrize("entropy_weight", [0.0, 0.3])
@pytest.mark.parametrize("look_ahead", [0.1, 2.0])
@pytest.mark.parametrize("phi", [[0.0, 0.0, 0.0], [1.0, -3.0, 0.5]])
def test_meta_gradient_is_that_of_finite_differences(
    step: Step, phi: list[float], look_ahead: float, entropy_weight: float
) -> None:
    phi_P = torch.tensor(phi).double()
    options = (look_ahead, entropy_weight)
    merl = with_phi(phi_P, *options)
    value, actual_P = merl.meta_gradient(*step.meta_arguments(merl))
    torch.testing.assert_close(value, meta_loss(step, phi_P, *options))
    small = 1e-5
    expected_P = torch.stack(
        [
            (meta_loss(step, phi_P + h, *options) - meta_loss(step, phi_P - h, *options))
            / (2 * small)
            for h in small * torch.eye(3).double()
        ]
    )
    assert expected_P.abs().max() > 1e-4
    torch.testing.assert_close(actual_P, expected_P, atol=1e-9, rtol=1e-4)


def test_the_loss_can_still_be_used_after_the_meta_step(step: Step) -> None:
    merl = Merl(size=3)
    arguments = step.meta_arguments(merl)
    before = [p.clone() for p in step.policy.parameters()]
    merl.meta_step(*arguments)
    assert all(p.grad is None for p in step.policy.parameters())
    arguments[0].backward()
    assert all(p.equal(q) for p, q in zip(before, step.policy.parameters(), strict=True))
    assert all(p.grad is not None for p in step.policy.parameters())


def test_phi_learns_to_prefer_the_program_that_helps_other_questions(step: Step) -> None:
    """Two programs are rewarded on the questions of the step, one of them on the held-out ones.

    Feature 0 marks that one, feature 1 the spurious one. Plain MAPO, which sees
    no difference, beside it.
    """
    right, wrong = [0, 1, 2], [3, 3, 3]
    step.action_NT = torch.tensor([right, wrong, right, wrong])
    step.features_NF = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).double().repeat(2, 1)
    step.example_N, step.held_N = torch.tensor([0, 0, 1, 1]), torch.tensor([2, 3])
    step.stratum_N, step.reward_N = torch.full((4,), B), torch.ones(4)
    step.held_NT = torch.tensor([right, right])
    merl = Merl(size=2, meta_lr=0.5)
    start = step.policy.state_dict()
    shares = []
    for learns in (False, True):
        step.policy = SmallPolicy(questions=4)
        step.policy.load_state_dict(start)
        optimiser = torch.optim.SGD(step.policy.parameters(), lr=0.5)
        for _ in range(40):
            arguments = step.meta_arguments(merl)
            if learns:
                merl.meta_step(*arguments)
            optimiser.zero_grad()
            arguments[0].backward()
            optimiser.step()
        shares.append(float(step.train().log_prob_N.detach()[:2].softmax(0)[0]))
    assert merl.phi_P[0] > 1.0 and merl.phi_P[1] < -1.0
    assert shares[0] < 0.5 and shares[1] > 0.9


def test_its_state_is_plain_and_brings_the_same_steps(step: Step, tmp_path: Any) -> None:
    def go(merl: Merl, steps: int) -> None:
        for _ in range(steps):
            merl.meta_step(*step.meta_arguments(merl))

    straight, first, second = Merl(size=3), Merl(size=3), Merl(size=3)
    go(straight, 5)
    go(first, 2)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    go(second, 3)
    assert second.phi_P.equal(straight.phi_P) and straight.phi_P.abs().min() > 0


def test_a_number_that_is_not_finite_moves_nothing_and_is_counted(step: Step) -> None:
    merl = Merl(size=3)
    step.features_NF[0, 0] = math.nan
    report = merl.meta_step(*step.meta_arguments(merl))
    assert report["meta_skipped"] == 1.0 and not merl.phi_P.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"look_ahead": 0.0}, "set look_ahead above 0"),
        ({"size": 0}, "set size between 1 and 65536"),
        ({"size": None}, "set size to the number of features: LinearScore has a number for each"),
        ({"held_out": 1.0}, "set held_out between"),
        ({"clip_low": 2.0}, "set clip_low between"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    make: Callable[..., Merl] = Merl
    with pytest.raises(ValueError, match=message):
        make(**{"size": 3} | options)


def test_phi_moves_in_every_nth_step(step: Step) -> None:
    merl = Merl(size=3, meta_every=3)
    moved = []
    for number in range(7):
        before = merl.phi_P.detach().clone()
        merl.at_step(number)
        merl.meta_step(*step.meta_arguments(merl))
        moved.append(not merl.phi_P.equal(before))
    assert moved == [False, False, True, False, False, True, False]
