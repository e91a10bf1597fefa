"""Pages, one blueprint per audience."""
