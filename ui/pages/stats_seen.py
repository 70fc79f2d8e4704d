"""What the page of statistics shows of one question."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from services import arrivals, compliance, stats_page
from services.arrivals import Mover
from services.compliance import Compliance
from services.dimensions import Dimension
from services.periods import Step
from services.permissions import Actor
from services.questions import Hours, Question
from ui.drawings import marked
from ui.pages.stats_asked import Shown


@dataclass(frozen=True, slots=True)
class Seen:
    """A question with its answer, and how the charts show it."""

    question: Question
    shown: Shown
    answer: stats_page.Page
    kept: list[Compliance]
    movers: list[Mover]

    @property
    def is_business(self) -> bool:
        """Tell whether times are those of opening hours."""
        return self.question.hours is Hours.BUSINESS

    @property
    def kept_by(self) -> Step | Dimension:
        """Return by what promises are parted."""
        return self.shown.kept_by or self.question.each

    @property
    def behind(self) -> Callable[[str], str]:
        """Return what turns a mark into the address of its tickets."""
        return lambda mark: marked.address(self.question, mark)


def see(s: Session, by: Actor, question: Question, shown: Shown) -> Seen:
    """Fetch the answer to a question; charts parted otherwise than usual are asked for apart.

    Raises:
        NotAllowed.
    """
    answer = stats_page.page(s, by, question, shown.times)
    kept, movers = answer.compliance, answer.movers
    if shown.kept_by:
        kept = compliance.compliance(s, by, question, shown.kept_by)
    if shown.top_by is not Dimension.CATEGORY:
        movers = arrivals.movers(s, by, question, shown.top_by, stats_page.MOVERS)
    return Seen(question, shown, answer, kept, movers)
