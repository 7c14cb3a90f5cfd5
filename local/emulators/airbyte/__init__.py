"""The Airbyte public API on one machine: real connectors read, and rows land the way destination-snowflake lands them.

Depends on the connectors' own programs and on a Snowflake address; knows nothing of the rest of the platform.
"""
