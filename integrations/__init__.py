"""The outside world: the message bus, bulk loads, the demonstration organisation, the REST API."""
