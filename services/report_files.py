"""A report as files: drawn when somebody wants one, and for a mail to many once."""

from dataclasses import dataclass
from functools import lru_cache

from services import report_pdf, report_xlsx
from services.report_document import Document
from services.words import speaking

TYPES: dict[str, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_DRAWERS = {"pdf": report_pdf.drawn, "xlsx": report_xlsx.made}
_KEPT = 8  # files of some hundred KB


@dataclass(frozen=True, slots=True)
class File:
    """A file with its name, which every system takes."""

    name: str
    type: str
    content: bytes


@lru_cache(maxsize=_KEPT)
def file(document: Document, ending: str) -> File:
    """Return a report as `pdf` or `xlsx`; takes up to a second, outside of any transaction."""
    name = f"{document.file_name}.{ending}"
    with speaking(document.language):
        return File(name, TYPES[ending], _DRAWERS[ending](document))
