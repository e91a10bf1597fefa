"""A stand-in LMS on loopback that behaves as Canvas is known to: strict, small, and written without the tool's code.

Start it with ``python -m lti_plp.sandbox --port 8001 --data DIR [--reset] [--tool-url URL --client-id ID
--deployment-id ID] [--students 3]``; it prints ``sandbox ready http://localhost:PORT`` and then answers until SIGTERM
or SIGINT. It is bound to 127.0.0.1 and is called http://localhost:PORT, so that a tool at 127.0.0.1 is another site.

What tests can ask of it stands in :mod:`lti_plp.sandbox.control`. Where Canvas and the specification differ, the
stricter of the two is followed, and the place in the code says so.
"""
