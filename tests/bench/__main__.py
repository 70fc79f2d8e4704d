"""`make bench`: all that is measured; it fails when a promise is broken."""

import sys

from tests.bench import live

if __name__ == "__main__":
    sys.exit(live.main())
