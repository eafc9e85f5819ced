"""A page in the browser: asks a model about tables, and keeps questions and answers for `learn`.

Only `ui`, and `server` to run it, need the extra `app`.
"""

from sparse_rl.app.desk import Desk, Sheet
from sparse_rl.app.learning import Learning
from sparse_rl.app.records import AskedQuestion, QuestionFolder

__all__ = ["AskedQuestion", "Desk", "Learning", "QuestionFolder", "Sheet"]
