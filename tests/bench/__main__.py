"""`make bench`: all that is measured; it fails when a promise is broken."""

import sys

from tests.bench import deadlines, lists, live, mail, mail_pages, navigation, stats

if __name__ == "__main__":
    measured = [navigation.main(), live.main(), mail.main(), deadlines.main()]
    measured += [mail_pages.main(), mail_pages.main(["--mariadb"])]
    measured += [lists.main(["--database", name]) for name in ("sqlite", "mariadb")]
    for size in ("100000", "1000000"):
        for name in ("sqlite", "mariadb"):
            measured.append(stats.main(["--size", size, "--database", name]))
    sys.exit(max(measured))
