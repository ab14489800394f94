"""The exact event-driven solver of networks whose flows are linear: the second oracle."""
