"""Pages of what is a person's own."""
