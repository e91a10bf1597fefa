"""LTI 1.3 in and out: login, verification, registrations, keys, deep linking, web sessions, services."""
