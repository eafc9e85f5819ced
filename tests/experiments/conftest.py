"""The scripts' own modules, as a script finds them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "experiments"))
