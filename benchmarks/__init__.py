"""Speed, as ratios of things measured side by side in one run."""

import sys
from pathlib import Path

# The server and the driver of the page are those of its tests.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
