"""Pages of results, one module per concern."""

from .decisions import decide, withdraw
from .limits import announce, limits, seal
from .mine import my_results
from .ranking import ranking
from .subjects import figure, subject_result

__all__ = [
    "announce",
    "decide",
    "figure",
    "limits",
    "my_results",
    "ranking",
    "seal",
    "subject_result",
    "withdraw",
]
