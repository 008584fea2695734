"""What starts, stops and tests the portal: an environment, the servers it stands on, and their keeper.

Only the standard library is used here, so that the first `make run` works from a bare system Python.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
