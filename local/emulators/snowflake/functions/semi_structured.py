"""Functions of semi-structured data. Variants, objects and arrays are JSON here."""

from __future__ import annotations

from sqlglot import exp

from .calls import Function, call, constant, duckdb, literal, macro, text


def _get(arguments: list[exp.Expr]) -> exp.Expr:
    """GET(array, number) or GET(object, 'key')."""
    container, key = arguments
    if key.is_string:
        quoted = key.name.replace('"', '\\"')
        return call("json_extract", container, literal(f'$."{quoted}"'))
    if key.is_int:
        return call("json_extract", container, literal(f"$[{key.name}]"))
    raise NotImplementedError("GET with a key that is not a literal")


def _get_path(name: str) -> Function:
    reader = "json_extract_string" if name.endswith("TEXT") else "json_extract"

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        path = constant(arguments[1], name, "a path")
        return call(reader, arguments[0], literal(f"$.{path}" if not path.startswith("[") else f"${path}"))

    return Function(2, 2, build)


def _typed(kinds: str) -> Function:
    """IS_INTEGER and its like."""
    listed = [literal(kind) for kind in kinds.split()]
    return Function(1, 1, lambda a: exp.In(this=call("json_type", a[0]), expressions=[k.copy() for k in listed]))


FUNCTIONS: dict[str, Function] = {
    "GET": Function(2, 2, _get),
    "GET_PATH": _get_path("GET_PATH"),
    "JSON_EXTRACT_PATH_TEXT": _get_path("JSON_EXTRACT_PATH_TEXT"),
    "ARRAY_SIZE": duckdb("sf_array_size", 1),
    "ARRAY_CONTAINS": duckdb("sf_array_contains", 2),
    "ARRAY_TO_STRING": Function(2, 2, lambda a: macro("sf_array_to_string", a[0], text(a[1]))),
    "ARRAY_CAT": duckdb("sf_array_cat", 2),
    "ARRAY_APPEND": duckdb("sf_array_append", 2),
    "ARRAY_PREPEND": duckdb("sf_array_prepend", 2),
    "ARRAY_SLICE": duckdb("sf_array_slice", 3),
    "ARRAY_POSITION": duckdb("sf_array_position", 2),
    "ARRAY_COMPACT": duckdb("sf_array_compact", 1),
    "ARRAY_CONSTRUCT_COMPACT": Function(0, None, lambda a: macro("sf_array_compact", call("json_array", *a))),
    "ARRAYS_OVERLAP": duckdb("sf_arrays_overlap", 2),
    "OBJECT_KEYS": duckdb("sf_object_keys", 1),
    "TYPEOF": duckdb("sf_typeof", 1),
    "IS_NULL_VALUE": duckdb("sf_is_null_value", 1),
    "IS_ARRAY": _typed("ARRAY"),
    "IS_OBJECT": _typed("OBJECT"),
    "IS_VARCHAR": _typed("VARCHAR"),
    "IS_CHAR": _typed("VARCHAR"),
    "IS_BOOLEAN": _typed("BOOLEAN"),
    "IS_INTEGER": _typed("BIGINT UBIGINT HUGEINT"),
    "AS_BOOLEAN": duckdb("sf_as_boolean", 1),
    "AS_CHAR": duckdb("sf_as_varchar", 1),
    "AS_VARCHAR": duckdb("sf_as_varchar", 1),
    "STRIP_NULL_VALUE": duckdb("sf_strip_null_value", 1),
}
