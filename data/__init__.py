"""What is stored: tables, engine, files, configuration, clock. Knows no other layer."""
