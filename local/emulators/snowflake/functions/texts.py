"""String and binary functions, and regular expressions."""

from __future__ import annotations

from sqlglot import exp

from .calls import Function, as_text, call, constant, duckdb, is_text, literal, macro, on_texts, text


def _joined(arguments: list[exp.Expr], separator: exp.Expr | None = None) -> exp.Expr:
    """The texts one after the other; null if any is."""
    made: exp.Expr | None = None
    for argument in arguments:
        piece = text(argument)
        if made is None:
            made = piece
            continue
        if separator is not None:
            made = exp.DPipe(this=made, expression=separator.copy())
        made = exp.DPipe(this=made, expression=piece)
    return exp.paren(as_text(made)) if made is not None else literal("")


def _padded(name: str) -> Function:
    """Without a third argument it pads with spaces."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        by = text(arguments[2]) if len(arguments) > 2 else literal(" ")
        return as_text(macro(f"sf_{name}", text(arguments[0]), arguments[1], by))

    return Function(2, 3, build)


def _trimmed(name: str) -> Function:
    """Without a second argument it trims spaces, and no other white space."""
    return Function(1, 2, lambda a: as_text(call(name, text(a[0]), text(a[1]) if len(a) > 1 else literal(" "))))


def _length(arguments: list[exp.Expr]) -> exp.Expr:
    """Of a binary value its bytes, which only a macro can find out."""
    return call("len", arguments[0]) if is_text(arguments[0]) else macro("sf_length", arguments[0])


def _replace(arguments: list[exp.Expr]) -> exp.Expr:
    return as_text(call("replace", *[text(a) for a in arguments], *([] if len(arguments) > 2 else [literal("")])))


def _token(arguments: list[exp.Expr]) -> exp.Expr:
    """STRTOK: of texts between any of the delimiters, none of them empty; the first, without a third argument."""
    delimiters = text(arguments[1]) if len(arguments) > 1 else literal(" ")
    return as_text(macro("sf_strtok", text(arguments[0]), delimiters, *(arguments[2:] or [literal(1)])))


def _sha2(arguments: list[exp.Expr]) -> exp.Expr:
    if len(arguments) > 1 and constant(arguments[1], "SHA2", "a size") != "256":
        raise NotImplementedError("SHA2 with a size other than 256")
    return as_text(call("sha256", text(arguments[0])))


# -- regular expressions -------------------------------------------------------------------------------------------


def _options(arguments: list[exp.Expr], at: int, name: str) -> str:
    """Snowflake's parameters, of which DuckDB understands the same letters by `c`, `i` and `s`."""
    given = constant(arguments[at], name, "parameters") if len(arguments) > at else ""
    if odd := set(given) - set("ceis"):
        raise NotImplementedError(f"{name} with the parameter '{sorted(odd)[0]}'")
    return given.replace("e", "")


def _number(arguments: list[exp.Expr], at: int, name: str, what: str, default: int) -> int:
    return int(constant(arguments[at], name, what)) if len(arguments) > at else default


def _from(arguments: list[exp.Expr], position: int) -> exp.Expr:
    subject = text(arguments[0])
    return subject if position == 1 else as_text(call("substr", subject, literal(position)))


def _regexp_like(arguments: list[exp.Expr]) -> exp.Expr:
    options = _options(arguments, 2, "REGEXP_LIKE")
    return call("regexp_full_match", text(arguments[0]), text(arguments[1]), literal(options))


def _regexp_replace(arguments: list[exp.Expr]) -> exp.Expr:
    name = "REGEXP_REPLACE"
    if _number(arguments, 3, name, "a position", 1) != 1 or _number(arguments, 4, name, "an occurrence", 0) != 0:
        raise NotImplementedError(f"{name} from another position than the first, or of one occurrence")
    options = _options(arguments, 5, name)
    replacement = text(arguments[2]) if len(arguments) > 2 else literal("")
    return as_text(call("regexp_replace", text(arguments[0]), text(arguments[1]), replacement, literal("g" + options)))


def _regexp_substr(arguments: list[exp.Expr]) -> exp.Expr:
    name = "REGEXP_SUBSTR"
    position = _number(arguments, 2, name, "a position", 1)
    occurrence = _number(arguments, 3, name, "an occurrence", 1)
    extracts = len(arguments) > 4 and "e" in constant(arguments[4], name, "parameters")
    group = _number(arguments, 5, name, "a group", 1 if extracts else 0)
    found = call(
        "regexp_extract_all", _from(arguments, position), text(arguments[1]), literal(group),
        literal(_options(arguments, 4, name)),
    )  # fmt: skip
    return as_text(call("list_extract", found, literal(occurrence)))


def _regexp_count(arguments: list[exp.Expr]) -> exp.Expr:
    name = "REGEXP_COUNT"
    position = _number(arguments, 2, name, "a position", 1)
    options = literal(_options(arguments, 3, name))
    found = call("regexp_extract_all", _from(arguments, position), text(arguments[1]), literal(0), options)
    return call("len", found)


def _regexp_instr(arguments: list[exp.Expr]) -> exp.Expr:
    name = "REGEXP_INSTR"
    if _number(arguments, 2, name, "a position", 1) != 1 or _number(arguments, 3, name, "an occurrence", 1) != 1:
        raise NotImplementedError(f"{name} of another match than the first")
    if _number(arguments, 4, name, "an option", 0) != 0:
        raise NotImplementedError(f"{name} of a match's end")
    return macro("sf_regexp_instr", text(arguments[0]), text(arguments[1]), literal(_options(arguments, 5, name)))


FUNCTIONS: dict[str, Function] = {
    "UPPER": on_texts("upper", 1),
    "LOWER": on_texts("lower", 1),
    "INITCAP": on_texts("sf_initcap", 1),
    **dict.fromkeys(("LENGTH", "LEN"), Function(1, 1, _length)),
    "OCTET_LENGTH": duckdb("sf_octet_length", 1),
    "TRIM": _trimmed("trim"),
    "LTRIM": _trimmed("ltrim"),
    "RTRIM": _trimmed("rtrim"),
    "LPAD": _padded("lpad"),
    "RPAD": _padded("rpad"),
    "REPEAT": on_texts("sf_repeat", 2, texts=1),
    "SPACE": Function(1, 1, lambda a: call("sf_repeat", literal(" "), a[0])),
    "REVERSE": on_texts("reverse", 1),
    "REPLACE": Function(2, 3, _replace),
    "TRANSLATE": on_texts("translate", 3),
    "SUBSTR": on_texts("sf_substr", 2, 3, texts=1),
    "SUBSTRING": on_texts("sf_substr", 2, 3, texts=1),
    "LEFT": on_texts("sf_left", 2, texts=1),
    "RIGHT": on_texts("sf_right", 2, texts=1),
    "INSERT": Function(4, 4, lambda a: as_text(macro("sf_insert", text(a[0]), a[1], a[2], text(a[3])))),
    "CONCAT": Function(1, None, _joined),
    "CONCAT_WS": Function(2, None, lambda a: _joined(a[1:], text(a[0]))),
    "SPLIT": on_texts("sf_split", 2, gives_text=False),
    "SPLIT_PART": on_texts("sf_split_part", 3, texts=2),
    "STRTOK": Function(1, 3, _token),
    "CONTAINS": on_texts("contains", 2, gives_text=False),
    "STARTSWITH": on_texts("starts_with", 2, gives_text=False),
    "ENDSWITH": on_texts("ends_with", 2, gives_text=False),
    "CHARINDEX": on_texts("sf_position", 2, 3, texts=2, gives_text=False),
    "ASCII": on_texts("sf_unicode", 1, gives_text=False),
    "UNICODE": on_texts("sf_unicode", 1, gives_text=False),
    **dict.fromkeys(("CHR", "CHAR"), on_texts("sf_chr", 1, texts=0)),
    "MD5": on_texts("md5", 1),
    "MD5_HEX": on_texts("md5", 1),
    "SHA1": on_texts("sha1", 1),
    "SHA1_HEX": on_texts("sha1", 1),
    "SHA2": Function(1, 2, _sha2),
    "SHA2_HEX": Function(1, 2, _sha2),
    "BASE64_ENCODE": on_texts("sf_base64_encode", 1),
    "BASE64_DECODE_STRING": on_texts("sf_base64_decode_string", 1),
    "HEX_ENCODE": on_texts("hex", 1),
    "HEX_DECODE_STRING": on_texts("sf_hex_decode_string", 1),
    "EDITDISTANCE": on_texts("levenshtein", 2, gives_text=False),
    "UUID_STRING": Function(0, 0, lambda a: exp.cast(call("gen_random_uuid"), "VARCHAR")),
    "REGEXP_LIKE": Function(2, 3, _regexp_like),
    "RLIKE": Function(2, 3, _regexp_like),
    "REGEXP_REPLACE": Function(2, 6, _regexp_replace),
    "REGEXP_SUBSTR": Function(2, 6, _regexp_substr),
    "REGEXP_COUNT": Function(2, 4, _regexp_count),
    "REGEXP_INSTR": Function(2, 6, _regexp_instr),
}  # fmt: skip
