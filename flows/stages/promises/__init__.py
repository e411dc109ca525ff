"""Every promise about what is stored, each a query that gives the offending ids, and none where the promise holds."""

from flows.stages.promises.check import Breach, Check, Promise
from flows.stages.promises.documents import GEOMETRY, ORPHANS, PAGES, SEARCH
from flows.stages.promises.files import FILES
from flows.stages.promises.findings import EVIDENCE, PROPOSALS, RULINGS, SUMMARIES
from flows.stages.promises.privacy import PRIVACY
from flows.stages.promises.reviews import REVIEWS
from flows.stages.promises.runs import CONSERVATION, HISTORY, STATES

__all__ = ["CHECKS", "Breach", "Check", "Promise"]

CHECKS = (
    *EVIDENCE,
    *RULINGS,
    *PROPOSALS,
    *PAGES,
    *GEOMETRY,
    *SUMMARIES,
    *HISTORY,
    *ORPHANS,
    *SEARCH,
    *CONSERVATION,
    *STATES,
    *FILES,
    *REVIEWS,
    *PRIVACY,
)
