"""What is promised of lists, tickets, counters, search and creation; a run shown beside it."""

import sys
from typing import Any

Limits = tuple[float, float]  # median and 95th percentile in ms

LIMITS: dict[str, tuple[Limits, Limits]] = {  # at 100,000 tickets, and at more
    "queue": ((12, 25), (18, 40)),
    "my tickets": ((12, 25), (18, 40)),
    "ticket": ((8, 16), (8, 16)),
    "counters": ((4, 10), (4, 10)),
    "search, one in a hundred": ((30, 60), (60, 120)),
    "search, one ticket": ((10, 20), (15, 30)),
    "search, while typing": ((15, 30), (25, 50)),
    "create, one client": ((8, 16), (8, 16)),
}
RATES = {  # at least so many a second
    "queue pages, ten at once": 100,
    "tickets created, ten at once": 120,
    "tickets loaded": 5000,
}
_SMALL = 100_000


def show(report: dict[str, Any]) -> int:
    """Write a run beside what is promised; 1 when a promise is broken."""
    say = sys.stdout.write
    load = " ".join(f"{x:.1f}" for x in report["load"])
    say(f"{report['size']:,} tickets on {report['database']}; load of the machine {load}\n")
    broken = 0
    for name, found in report["operations"].items():
        limits = LIMITS.get(name)
        allowed = limits[report["size"] > _SMALL] if limits else (0, 0)
        is_good = not limits or (found["median"] <= allowed[0] and found["p95"] <= allowed[1])
        promised = f"{allowed[0]} / {allowed[1]}" if limits else "–"
        broken |= not is_good
        say(
            f"{name:>28}  {found['median']:7.1f} / {found['p95']:6.1f} ms, worst"
            f" {found['worst']:7.1f}; promised {promised}{'' if is_good else '  BROKEN'}\n"
        )
    for name, rate in report["rates"].items():
        is_good = rate >= RATES[name]
        broken |= not is_good
        told = "" if is_good else "  BROKEN"
        say(f"{name:>28}  {rate:7.0f} a second; promised {RATES[name]}{told}\n")
    for name, median in report["slowest"].items():
        say(f"           {median:7.1f} ms  {name}\n")
    return int(broken)


def compare(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Write how many times as long each operation takes in the second run."""
    for name, found in after["operations"].items():
        if was := before["operations"].get(name):
            ratios = [found[key] / was[key] for key in ("median", "p95", "worst")]
            told = " / ".join(f"{ratio:.2f}" for ratio in ratios)
            sys.stdout.write(f"{name:>28}  × {told}  (median / p95 / worst)\n")
    for name, rate in after["rates"].items():
        if was := before["rates"].get(name):
            sys.stdout.write(f"{name:>28}  × {rate / was:.2f} a second\n")
    sys.stdout.write(f"load of the machine: {before['load']} and {after['load']}\n")
    return 0
