"""From leaf parameters to the arrays that run, and from their gradients back."""
