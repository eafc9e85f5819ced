"""A function in tasks of Ray; a call whose worker or machine is lost is done again elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparse_rl.errors import SparseRLError

RETRIES = 3
"""Times that a call is done again after its worker or machine was lost."""


class LostWorkError(SparseRLError):
    """The workers of a call were lost again and again."""


class RayTasks:
    """Calls of a function on Ray. A call has one result, whoever did it and however often.

    Args:
        ray: the package, connected.
        function: what is called; it is pickled for the workers.
        cpus: CPUs that a call reserves.
        fresh: give every call a process of its own.
    """

    def __init__(
        self, ray: Any, function: Callable[..., Any], cpus: int = 1, fresh: bool = False
    ) -> None:
        self.ray = ray
        options = {"max_calls": 1} if fresh else {}
        self._task = ray.remote(num_cpus=cpus, max_retries=RETRIES, **options)(function)

    def start(self, *arguments: Any) -> Any:
        """Hands a call to Ray; returns its reference."""
        return self._task.remote(*arguments)

    def result(self, call: Any) -> Any:
        """Waits for the result of a call.

        Raises:
            LostWorkError: its workers were lost again and again.
        """
        try:
            return self.ray.get(call)
        except self.ray.exceptions.RayTaskError as error:
            # The function's own error, which Ray has wrapped in the traceback of its process.
            raise error.cause from error
        except self.ray.exceptions.RayError as error:
            raise LostWorkError(
                "lower the number of workers, or give them more memory: processes with the same "
                f"work were lost {RETRIES + 1} times"
            ) from error
