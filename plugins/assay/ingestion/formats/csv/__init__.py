"""CSV as RFC 4180 has it, in UTF-8, plain or compressed."""
