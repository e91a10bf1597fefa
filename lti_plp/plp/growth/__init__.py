"""Proficiencies and growth: frameworks, scales, ratings, and the levels that come of them."""
