"""The scripts' own modules, as a script finds them, and as a training finds their classes."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "experiments"), str(ROOT)]
