"""Text: a Program rendered through the templates of a target."""
