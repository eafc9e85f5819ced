"""The stochastic duelling network, and ACER's gradient to a Gaussian's mean."""

from __future__ import annotations

import torch

from sparse_rl.control.duelling import StochasticDuelling
from sparse_rl.control.policy_gradients import gaussian_gradient, gaussian_kl_gradient


def test_the_mean_of_q_over_the_policy_is_v() -> None:
    """Within three standard errors, where A is anything but centred itself."""
    torch.manual_seed(0)
    network = StochasticDuelling(3, 2, 16).double()
    observation, mean = torch.randn(1, 3).double(), torch.randn(1, 2).double()
    count = 20_000
    spread = observation.expand(count, 3)
    action = mean + 0.7 * torch.randn(count, 2).double()
    drawn = mean + 0.7 * torch.randn(count, 5, 2).double()
    with torch.no_grad():
        q, value = network(spread, action, drawn)
        network.centred = False
        bare, _ = network(spread, action, drawn)
    error = q.std() / count**0.5
    assert abs(q.mean() - value[0]) < 3 * error
    # The advantages alone are far from a mean of zero.
    assert abs(bare.mean()) > 10 * error


def test_the_gaussian_gradient_is_the_policys_for_any_clip() -> None:
    """E_μ of the truncated and corrected gradient = ∇_φ E_π Q, by quadrature."""
    sigma, phi, behaviour = 0.5, 0.2, -0.3
    grid = torch.linspace(-4, 4, 20_001).double()

    def density(mean: float) -> torch.Tensor:
        weight = (-((grid - mean) ** 2) / (2 * sigma**2)).exp()
        return weight / weight.sum()

    def q(action: torch.Tensor) -> torch.Tensor:
        return torch.sin(2 * action) + action**2

    pi, mu = density(phi), density(behaviour)
    value = (pi * q(grid)).sum()
    exact = (pi * q(grid) * (grid - phi) / sigma**2).sum()
    mean, ratio = torch.full((len(grid), 1), phi).double(), pi / mu
    nothing = torch.zeros_like(grid)
    for clip in (0.5, 1.0, 5.0):
        taken = gaussian_gradient(
            mean,
            sigma,
            grid[:, None],
            ratio,
            q(grid) - value,
            grid[:, None],
            ratio,
            nothing,
            clip,
        )
        other = gaussian_gradient(
            mean, sigma, grid[:, None], ratio, nothing, grid[:, None], ratio, q(grid) - value, clip
        )
        found = (mu[:, None] * taken).sum() + (pi[:, None] * other).sum()
        torch.testing.assert_close(found, exact, atol=1e-6, rtol=0)


def test_the_gaussians_divergence_has_its_gradient() -> None:
    phi = torch.randn(4, 2, dtype=torch.double, requires_grad=True)
    average = torch.randn(4, 2, dtype=torch.double)
    normals = [torch.distributions.Normal(mean, 0.3) for mean in (average, phi)]
    divergence = torch.distributions.kl_divergence(*normals).sum()
    (expected,) = torch.autograd.grad(divergence, phi)
    torch.testing.assert_close(gaussian_kl_gradient(phi.detach(), average, 0.3), expected)
