"""What the description means: equations read, checked, and joined to hybrid systems."""
