"""Errors that people read: one sentence with the file, the key and the way out."""


class AssayError(Exception):
    """Base of every error the platform raises on purpose; its text is shown to people as it is."""


class ConfigurationError(AssayError):
    """A file in git is wrong. The text names the file and the key, and says what to do."""
