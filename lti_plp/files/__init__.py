"""Files that people hand in: how their bytes are received, checked, kept and given out."""
