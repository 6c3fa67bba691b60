"""Pages of results, one module per concern."""

from .blocks import decide_block
from .decisions import decide, withdraw
from .earlier import earlier, earlier_subjects
from .effects import event_effects
from .interviews import result_interviews
from .limits import announce, limits, seal
from .mine import my_results
from .payout import payout
from .ranking import ranking
from .selections import selections, settle_veto
from .subjects import figure, subject_result
from .trial import trial

__all__ = [
    "announce",
    "decide",
    "decide_block",
    "earlier",
    "earlier_subjects",
    "event_effects",
    "figure",
    "limits",
    "my_results",
    "payout",
    "ranking",
    "result_interviews",
    "seal",
    "selections",
    "settle_veto",
    "subject_result",
    "trial",
    "withdraw",
]
