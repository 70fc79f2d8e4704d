"""One report, as it was made."""

from services import reports
from services.errors import DomainError
from ui.door import door
from ui.fragments import report_view
from ui.fragments.base import Fragment
from ui.widgets import headings


async def report_page(number: str) -> None:
    """Show what a report says, and its files."""
    do = door()
    key = int(number) if number.isdecimal() and len(number) < 13 else 0
    try:
        document, _report = await do.see(reports.read, key, do.language)
    except DomainError as refusal:
        headings.refused(refusal)
        return
    headings.page(document.title, document.days)
    Fragment(report_view.whole(document, f"/reports/{key}"))
