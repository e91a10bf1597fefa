"""LTI Advantage services: tokens, grades (AGS), names and roles (NRPS)."""
