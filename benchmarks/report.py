"""How a benchmark is run alone and what it prints: lines for a person, or with --json one JSON object as the last."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import ending


def main(measure: Callable[[], dict[str, Any]]) -> None:
    """Measure, and print the figures."""
    ending.in_order()
    figures = measure()
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
        return
    for cell in figures.pop("cells", ()):
        peer = f", {cell['peer']} {cell['peer_value']}: ratio {cell['ratio']}" if cell["peer"] else ""
        limit = f"; limit {cell['limit']}: {cell['of_limit']} of it" if cell["limit"] else ""
        print(f"{cell['cell']}: {cell['ours']} {cell['unit']}{peer}{limit}")
    for name, value in figures.items():
        print(f"{name:32} {value}")


def quick() -> bool:
    """Tell whether to measure with tiny sizes (--quick): it shows that a benchmark works, not how fast anything is."""
    return "--quick" in sys.argv[1:]
