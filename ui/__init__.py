"""Screens, entirely in Python."""
