"""Waits until the database answers, a minute at most; what waiting cannot mend ends it at once."""

import logging
import sys
import time

from sqlalchemy.exc import DBAPIError

from data import config, db

SECONDS = 60
NOT_YET = 2003  # nobody listens there, or the name is not known yet
log = logging.getLogger("appticket.wait")


def main() -> int:
    """Return 0 as soon as a connection could be opened; there is nothing to wait for on SQLite."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    try:
        settings = config.read()
    except config.ConfigError as wrong:
        log.error("%s", wrong)
        return 1
    if settings.is_embedded:
        return 0
    db.configure(settings.database_url)
    deadline = time.monotonic() + SECONDS
    while refusal := _refusal():
        if not _may_pass(refusal) or time.monotonic() > deadline:
            log.error("The database does not answer: %s", refusal.orig)
            return 1
        log.info("Waiting for the database…")
        time.sleep(1)
    return 0


def _may_pass(refusal: DBAPIError) -> bool:
    code = refusal.orig.args[0] if refusal.orig and refusal.orig.args else None
    return code == NOT_YET or db.is_passing(refusal)


def _refusal() -> DBAPIError | None:
    try:
        db.engine().connect().close()
    except DBAPIError as error:
        return error
    return None


if __name__ == "__main__":
    sys.exit(main())
