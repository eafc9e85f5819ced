"""The package's own exceptions: every message begins with what to do."""


class SparseRLError(Exception):
    """Base of all errors a user can cause and fix."""


class DataError(SparseRLError):
    """A data file is missing or malformed; the message names file, line and id."""


class CheckpointError(SparseRLError):
    """A checkpoint is missing or cannot be read."""


class WorldError(SparseRLError):
    """A world breaks the promises of its protocol."""


class ProgramSyntaxError(SparseRLError):
    """A program's text is not a sentence of the language."""


class ExecutionError(SparseRLError):
    """A well-formed program cannot run on this table (e.g. its rows are empty)."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that an allocation has failed.

    Torch has no one class for a CPU and a GPU: all of its errors of memory are RuntimeErrors.
    """
    if isinstance(error, MemoryError):
        return True
    text = str(error)
    known = "out of memory" in text or "can't allocate memory" in text
    return isinstance(error, RuntimeError) and known
