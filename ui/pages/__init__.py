"""One module per page: load, draw, keep live."""
