"""Conformance: what Snowflake documents, statement by statement, each under its page of docs.snowflake.com.

An answer is the value itself, an `Error` with Snowflake's words, or `Refused`, where the embedded warehouse does not
do it and says so.
"""
