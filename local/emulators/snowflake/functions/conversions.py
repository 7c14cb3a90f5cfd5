"""Conversion functions, and casts, which are the same conversions."""

from __future__ import annotations

from functools import partial

from sqlglot import exp

from .calls import Function, as_text, call, constant, is_text, literal, macro, on_texts, once, text
from .date_formats import is_date_format, strftime, strptime

_TEXTS = exp.DataType.TEXT_TYPES
_WHOLE = exp.DataType.INTEGER_TYPES
_MACROS = {
    exp.DataType.Type.DATE: "date",
    exp.DataType.Type.TIME: "time",
    exp.DataType.Type.TIMESTAMP: "timestamp",
    exp.DataType.Type.TIMESTAMPNTZ: "timestamp",
    exp.DataType.Type.DATETIME: "timestamp",
    exp.DataType.Type.TIMESTAMPTZ: "timestamp_tz",
    exp.DataType.Type.TIMESTAMPLTZ: "timestamp_tz",
    exp.DataType.Type.BOOLEAN: "boolean",
    exp.DataType.Type.FLOAT: "double",
    exp.DataType.Type.DOUBLE: "double",
    exp.DataType.Type.VARIANT: "variant",
    exp.DataType.Type.OBJECT: "object",
    exp.DataType.Type.ARRAY: "array",
    exp.DataType.Type.BINARY: "binary",
    exp.DataType.Type.VARBINARY: "binary",
}
_NO_TRY = ("variant", "object", "array", "binary")


def _type(kind: str) -> exp.DataType:
    """DuckDB's type; the widest number stays what it is, where a column of it has 64 bits."""
    if kind == "DECIMAL(38, 0)":
        return exp.DataType(this=exp.DataType.Type.DECIMAL, expressions=[literal(38), literal(0)])
    return exp.DataType.build(kind)


def number(argument: exp.Expr, kind: str, *, trying: bool = False) -> exp.Expr:
    """A number of DuckDB's type ``kind``; a tie is rounded away from zero, whatever it is made of."""
    cast = exp.TryCast if trying else exp.Cast
    if is_text(argument):
        return cast(this=call("trim", argument), to=_type(kind))

    def converted(one: exp.Expr) -> exp.Expr:
        of_text = cast(this=call("sf_numeral", one.copy()), to=_type(kind))
        if_text = exp.If(this=call("sf_is_text", one.copy()), true=of_text)
        return exp.Case(ifs=[if_text], default=cast(this=one, to=_type(kind)))

    return once(argument, converted)


def cast(node: exp.Cast) -> exp.Expr:
    """The expression for ``x::type``, CAST or TRY_CAST."""
    to, argument = node.to, node.this
    trying = isinstance(node, exp.TryCast)
    if trying and not is_text(argument):
        argument = macro("sf_of_text", argument)
    sizes = [int(size.name) for size in to.expressions if size.name.isdigit()]
    if to.this in _TEXTS:
        made = text(argument)
        return macro("sf_fitting", made, literal(sizes[0])) if sizes else made
    if to.this in _WHOLE:
        return number(argument, "BIGINT", trying=trying)
    if to.this in (exp.DataType.Type.DECIMAL, exp.DataType.Type.BIGDECIMAL):
        precision, scale = [*sizes, 0][:2] if sizes else (38, 0)
        kind = "BIGINT" if (precision, scale) == (38, 0) else f"DECIMAL({precision}, {scale})"
        return number(argument, kind, trying=trying)
    name = _MACROS.get(to.this)
    if name is None or (trying and name in _NO_TRY):
        raise NotImplementedError(f"casts to {to.sql(dialect='snowflake')}")
    if sizes and sizes != [9] and name in ("time", "timestamp", "timestamp_tz"):
        raise NotImplementedError(f"casts to {to.sql(dialect='snowflake')}")
    return macro(f"sf_try_{name}" if trying else f"sf_{name}", argument)


def _to_char(arguments: list[exp.Expr]) -> exp.Expr:
    if len(arguments) == 1:
        return text(arguments[0])
    format = constant(arguments[1], "TO_CHAR", "a format")
    if not is_date_format(format):
        raise NotImplementedError(f"TO_CHAR with the format '{format}' (only formats of dates and times)")
    made = call("strftime", arguments[0], literal(strftime(format, "TO_CHAR")))
    return as_text(made)


def _to_number(name: str, arguments: list[exp.Expr]) -> exp.Expr:
    sizes = list(arguments[1:])
    if sizes and (sizes[0].is_string or not sizes[0].is_int):
        raise NotImplementedError(f"{name} with a format")
    precision, scale = [int(constant(a, name, "a size")) for a in sizes] + [38, 0][len(sizes) :]
    return number(arguments[0], f"DECIMAL({precision}, {scale})", trying=name.startswith("TRY_"))


def _to_moment(kind: str, name: str, arguments: list[exp.Expr]) -> exp.Expr:
    """TO_DATE, TO_TIME, TO_TIMESTAMP…: by Snowflake's rules for AUTO, by a format, or of an epoch with a scale."""
    trying = name.startswith("TRY_")
    automatic = f"sf_try_{kind}" if trying else f"sf_{kind}"
    if len(arguments) == 1:
        return macro(automatic, arguments[0])
    second = arguments[1]
    if second.is_int and kind.startswith("timestamp") and not trying:
        scale = int(second.name)
        if scale not in (0, 3, 6, 9):
            raise NotImplementedError(f"{name} with the scale {scale}")
        made = call("sf_epoch", arguments[0], literal(10 ** (9 - scale)))
        return call("timezone", literal("UTC"), made) if kind == "timestamp_tz" else made
    format = constant(second, name, "a format")
    if format.upper() == "AUTO":
        return macro(automatic, arguments[0])
    letters = strptime(format, name)
    to = {"timestamp_tz": "TIMESTAMPTZ"}.get(kind, kind.upper())

    def parsed(one: exp.Expr) -> exp.Expr:
        made = call("sf_parsed", one, literal(letters))
        if kind == "timestamp_tz" and "%z" not in letters:
            made = call("timezone", literal("UTC"), made)
        made = exp.cast(made, to)
        return made if trying else call(f"sf_recognized_{kind}", made, one.copy())

    return once(arguments[0], parsed)


def _to_binary(arguments: list[exp.Expr]) -> exp.Expr:
    format = constant(arguments[1], "TO_BINARY", "a format").upper() if len(arguments) > 1 else "HEX"
    if format in ("UTF-8", "UTF8"):
        return call("encode", text(arguments[0]))
    if format == "BASE64":
        return call("from_base64", text(arguments[0]))
    return call("unhex", text(arguments[0]))


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("TO_CHAR", "TO_VARCHAR"), Function(1, 2, _to_char)),
    **{
        name: Function(1, 3, partial(_to_number, name))
        for stem in ("TO_NUMBER", "TO_DECIMAL", "TO_NUMERIC")
        for name in (stem, f"TRY_{stem}")
    },
    **{
        name: Function(1, 2, partial(_to_moment, kind, name))
        for name, kind in (
            ("TO_DATE", "date"), ("DATE", "date"), ("TRY_TO_DATE", "date"),
            ("TO_TIME", "time"), ("TIME", "time"), ("TRY_TO_TIME", "time"),
            ("TO_TIMESTAMP", "timestamp"), ("TO_TIMESTAMP_NTZ", "timestamp"), ("TRY_TO_TIMESTAMP", "timestamp"),
            ("TRY_TO_TIMESTAMP_NTZ", "timestamp"), ("TO_TIMESTAMP_TZ", "timestamp_tz"),
            ("TO_TIMESTAMP_LTZ", "timestamp_tz"), ("TRY_TO_TIMESTAMP_TZ", "timestamp_tz"),
            ("TRY_TO_TIMESTAMP_LTZ", "timestamp_tz"),
        )
    },
    "TO_DOUBLE": Function(1, 1, lambda a: macro("sf_double", a[0])),
    "TRY_TO_DOUBLE": Function(1, 1, lambda a: macro("sf_try_double", a[0])),
    "TO_BOOLEAN": Function(1, 1, lambda a: macro("sf_boolean", a[0])),
    "TRY_TO_BOOLEAN": Function(1, 1, lambda a: macro("sf_try_boolean", a[0])),
    "TO_BINARY": Function(1, 2, _to_binary),
    "TO_VARIANT": Function(1, 1, lambda a: macro("sf_variant", a[0])),
    "TO_ARRAY": Function(1, 1, lambda a: macro("sf_array", a[0])),
    "TO_OBJECT": Function(1, 1, lambda a: macro("sf_object", a[0])),
    "TO_JSON": Function(1, 1, lambda a: exp.cast(call("to_json", a[0]), "VARCHAR")),
    "PARSE_JSON": on_texts("sf_parse_json", 1, gives_text=False),
    "TRY_PARSE_JSON": on_texts("sf_try_parse_json", 1, gives_text=False),
}  # fmt: skip
