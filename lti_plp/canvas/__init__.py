"""Canvas beyond LTI."""
