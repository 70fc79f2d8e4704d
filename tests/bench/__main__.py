"""`make bench`: all that is measured; it fails when a promise is broken."""

import sys

from tests.bench import lists, live, mail, navigation

if __name__ == "__main__":
    measured = [navigation.main(), live.main(), mail.main()]
    measured += [lists.main(["--database", name]) for name in ("sqlite", "mariadb")]
    sys.exit(max(measured))
