"""`make bench`: all that is measured; it fails when a promise is broken."""

import sys

from tests.bench import live, navigation

if __name__ == "__main__":
    sys.exit(max(measure() for measure in (navigation.main, live.main)))
