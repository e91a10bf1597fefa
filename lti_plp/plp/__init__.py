"""The plan: what it is made of and who may do what. Knows no LMS, no HTTP, no Flask."""
