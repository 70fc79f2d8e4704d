"""What is stored: tables, engine, files, configuration, clock. Knows nothing of the other layers."""
