"""How a process and its helpdesk are doing, for Prometheus: `/metrics` (NF-010, C14).

What is told of the database is the same whichever process is asked; the rest is of the process that
answers. No label holds anything of a person. `docs/monitoring.md` lists all of it.
"""

from integrations.metrics.exposition import Metrics
from integrations.metrics.listener import Listener

__all__ = ["Listener", "Metrics"]
