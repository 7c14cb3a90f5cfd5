"""The words of a statement, for the commands that sqlglot has no grammar for (GRANT, CREATE USER, SHOW, SWAP WITH…)."""

from __future__ import annotations

from sqlglot.dialects.snowflake import Snowflake
from sqlglot.tokenizer_core import Token, TokenType

from . import errors
from .names import Parts

_dialect = Snowflake()
_QUOTED = TokenType.IDENTIFIER
_STRINGS = (TokenType.STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING)


class Words:
    """Reads a statement from left to right. Keywords are compared in upper case."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens: list[Token] = [t for t in _dialect.tokenize(sql) if t.token_type is not TokenType.SEMICOLON]
        self._next = 0

    @property
    def done(self) -> bool:
        return self._next >= len(self._tokens)

    def _ahead(self, offset: int = 0) -> Token | None:
        at = self._next + offset
        return self._tokens[at] if at < len(self._tokens) else None

    def peek(self, *words: str) -> bool:
        for offset, word in enumerate(words):
            token = self._ahead(offset)
            if token is None or token.token_type in (_QUOTED, *_STRINGS) or token.text.upper() != word:
                return False
        return True

    def take(self, phrase: str) -> bool:
        """Read the phrase if it comes next."""
        words = phrase.split()
        if self.peek(*words):
            self._next += len(words)
            return True
        # sqlglot makes one token of some phrases, e.g. "FILE FORMAT" never, "PRIMARY KEY" always
        token = self._ahead()
        if token is not None and len(words) > 1 and " ".join(token.text.upper().split()) == phrase:
            self._next += 1
            return True
        return False

    def take_one(self, *phrases: str) -> str | None:
        return next((phrase for phrase in phrases if self.take(phrase)), None)

    def expect(self, phrase: str) -> None:
        if not self.take(phrase):
            raise self.error(f"{phrase} was expected")

    def error(self, what: str) -> errors.SqlError:
        token = self._ahead()
        where = f"near '{token.text}'" if token is not None else "at the end"
        return errors.syntax(f"{where}: {what}")

    def end(self) -> None:
        if not self.done:
            raise self.error("the statement was expected to end")

    def word(self) -> str:
        token = self._ahead()
        if token is None or token.token_type in _STRINGS:
            raise self.error("a word was expected")
        self._next += 1
        return token.text.upper()

    def name(self) -> str:
        token = self._ahead()
        if token is None or not (token.token_type in (_QUOTED, TokenType.VAR) or _is_word(token.text)):
            raise self.error("a name was expected")
        self._next += 1
        return token.text if token.token_type is _QUOTED else token.text.upper()

    def path(self) -> Parts:
        """A dotted name."""
        if self.take("IDENTIFIER"):
            self.expect("(")
            text = self.string()
            self.expect(")")
            return Words(text).path()
        parts = [self.name()]
        while (token := self._ahead()) is not None and token.token_type is TokenType.DOT:
            self._next += 1
            parts.append(self.name())
        return tuple(parts)

    def string(self) -> str:
        token = self._ahead()
        if token is None or token.token_type not in _STRINGS:
            raise self.error("a string was expected")
        self._next += 1
        return token.text

    def stage_reference(self) -> str:
        """``@db.schema.stage/some/path`` (or the same in quotes) as written, up to the next space."""
        token = self._ahead()
        if token is None:
            raise self.error("a stage was expected")
        if token.token_type in _STRINGS:
            self._next += 1
            return token.text
        end = token.start
        while end < len(self._sql) and not self._sql[end].isspace() and self._sql[end] not in ";)":
            end += 1
        reference = self._sql[token.start : end]
        while (ahead := self._ahead()) is not None and ahead.start < end:
            self._next += 1
        return reference

    def at_string(self) -> bool:
        token = self._ahead()
        return token is not None and token.token_type in _STRINGS

    def peek_after(self, text: str) -> bool:
        """Whether ``text`` stands after the next word."""
        token = self._ahead(1)
        return token is not None and token.text == text

    def dotted_value(self) -> str:
        """A value that may be a dotted name, or signed, or contain METADATA$…."""
        if self.at_string():
            return self.string()
        text = self.value()
        if text in ("-", "+"):
            text += self.value()
        while (token := self._ahead()) is not None and token.token_type in (TokenType.DOT, TokenType.DOLLAR):
            text += self.value() + self.value()
        return text

    def value(self) -> str:
        """A string, a number, a word or a name, as text (what stands right of ``=``)."""
        token = self._ahead()
        if token is None:
            raise self.error("a value was expected")
        self._next += 1
        return token.text

    def options(self) -> dict[str, str]:
        """``NAME = value …`` to the end, separated by spaces or commas."""
        found: dict[str, str] = {}
        while not self.done:
            self.take(",")
            name = self.word()
            self.expect("=")
            found[name] = self._listed() if name == "DEFAULT_SECONDARY_ROLES" else self.value()
        return found

    def _listed(self) -> str:
        """``('ALL')`` or ``()``: a list of texts, here with no or one element."""
        self.expect("(")
        found = self.string() if self.at_string() else ""
        self.expect(")")
        return found


def _is_word(text: str) -> bool:
    return bool(text) and (text[0].isalpha() or text[0] == "_") and all(c.isalnum() or c in "_$" for c in text)
