"""A till that sells and reports, and whose numbers can be set: the till contract from its side.

with serve([till]) as served:
    till.hook_url = "http://127.0.0.1:8080/hooks/merchant/till"
    till.put({"MUG-RED": 10})
    till.sell({"MUG-RED": 2})
    till.run_due()          # the webhook leaves
"""

from stocksync.sandbox.till.knobs import Knobs, Mishap
from stocksync.sandbox.till.levels import Write
from stocksync.sandbox.till.till import Call, Log, Till

__all__ = ["Call", "Knobs", "Log", "Mishap", "Till", "Write"]
