"""The embedded Snowflake: Snowflake's wire protocol and dialect over one DuckDB file, with logins, roles and grants.

Built on fakesnow's SQL translation and Arrow encoding. Depends on nothing else in this repository.
"""
