"""From Snowflake's dialect to DuckDB's: fakesnow's transforms, each run only where the tree has something for it.

fakesnow walks the tree once for each of its sixty transforms. Most statements need three, so here each names the node
types that wake it. Ours come after theirs.
"""

from __future__ import annotations

from collections.abc import Callable

from fakesnow import transforms as fs
from sqlglot import exp

Transform = Callable[[exp.Expr], exp.Expr]


def _to_timestamp(node: exp.Expr) -> exp.Expr:
    """fakesnow's, except for TRY_CAST, which it would turn into a cast that fails."""
    if isinstance(node, exp.TryCast):
        return node
    return fs.to_timestamp(node)


def _try_to_timestamp(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Anonymous) and node.name.upper() in ("TRY_TO_TIMESTAMP", "TRY_TO_TIMESTAMP_NTZ"):
        if len(node.expressions) == 1:
            return exp.TryCast(this=node.expressions[0], to=exp.DataType.build("TIMESTAMP"))
        raise NotImplementedError("TRY_TO_TIMESTAMP with a format that is not a literal")
    return node


def _regexp_substr(node: exp.Expr) -> exp.Expr:
    """fakesnow's, with functions in place of brackets: inside some functions sqlglot writes a bracket twice, and each
    time counts its index up."""
    made = fs.regex_substr(node) if isinstance(node, exp.RegexpExtract) else node
    if made is node or not isinstance(made, exp.Bracket):
        return made
    sliced, *others = made.this.expressions
    subject = exp.Anonymous(this="substr", expressions=[sliced.this, sliced.expressions[0].this])
    found = exp.Anonymous(this="regexp_extract_all", expressions=[subject, *others])
    occurrence = int(made.expressions[0].name) + 1
    return exp.Anonymous(this="list_extract", expressions=[found, exp.Literal.number(occurrence)])


def _trim(node: exp.Expr) -> exp.Expr:
    """fakesnow's forgets which side is trimmed, and of what."""
    if not isinstance(node, exp.Trim):
        return node
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    text = exp.cast(node.this, "VARCHAR")
    return exp.Anonymous(this=name, expressions=[text, node.expression] if node.expression else [text])


def _generator(node: exp.Expr) -> exp.Expr:
    """TABLE(GENERATOR(ROWCOUNT => n)) is a table of n rows without columns."""
    if isinstance(node, exp.TableFromRows) and isinstance(node.this, exp.Generator | exp.Anonymous):
        call = node.this
        if isinstance(call, exp.Anonymous) and call.name.upper() != "GENERATOR":
            return node
        arguments = call.expressions if isinstance(call, exp.Anonymous) else [call.args.get("rowcount")]
        count = next((a.expression if isinstance(a, exp.Kwarg) else a for a in arguments if a is not None), None)
        if count is None:
            raise NotImplementedError("GENERATOR without ROWCOUNT")
        return exp.Table(this=exp.Anonymous(this="range", expressions=[count.copy()]), alias=node.args.get("alias"))
    return node


def _array_to_string(node: exp.Expr) -> exp.Expr:
    """Arrays are JSON here: read the elements back as strings before joining them."""
    if isinstance(node, exp.ArrayToString):
        elements = exp.cast(exp.func("to_json", node.this.copy()), "VARCHAR[]")
        return exp.Anonymous(this="array_to_string", expressions=[elements, node.expression.copy()])
    return node


def _array_construct(node: exp.Expr) -> exp.Expr:
    """Arrays are JSON here, so that their elements may differ in type."""
    if isinstance(node, exp.Array):
        return exp.Anonymous(this="json_array", expressions=node.expressions)
    return node


def _array_contains(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.ArrayContains):
        elements = exp.cast(exp.Anonymous(this="to_json", expressions=[node.this.copy()]), "JSON[]")
        sought = exp.Anonymous(this="to_json", expressions=[node.expression.copy()])
        return exp.Anonymous(this="list_contains", expressions=[elements, sought])
    return node


def _cast_to_variant(node: exp.Expr) -> exp.Expr:
    """``x::variant`` wraps a value; a cast to JSON would parse it."""
    if isinstance(node, exp.Cast) and node.to.this in _SEMI_STRUCTURED:
        return exp.Anonymous(this="to_json", expressions=[node.this])
    return node


def _keep_date(node: exp.Expr) -> exp.Expr:
    """A DATE stays a DATE when days, weeks, months or years are added, or when it is truncated."""
    if isinstance(node, exp.DateAdd | exp.TimestampTrunc) and not node.meta.get("kept"):
        unit = node.args.get("unit")
        if isinstance(node, exp.TimestampTrunc) or (unit is not None and unit.name.upper().rstrip("S") in _DATE_UNITS):
            node.meta["kept"] = True
            return exp.Anonymous(this="assay_keep_date", expressions=[node.this.copy(), node])
    return node


def _sequence_numbers(node: exp.Expr) -> exp.Expr:
    """SEQ4() and its kin number the rows; to order by them is to keep the order."""
    if isinstance(node, _SEQUENCES) and node.find_ancestor(exp.Window, exp.Order):
        return exp.Literal.number(1)
    return node


_SEMI_STRUCTURED = {exp.DataType.Type.VARIANT, exp.DataType.Type.ARRAY, exp.DataType.Type.OBJECT}
_DATE_UNITS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}
_SEQUENCES = (exp.Seq1, exp.Seq2, exp.Seq4, exp.Seq8)

# What wakes a transform, in fakesnow's order (some depend on it).
_STEPS: tuple[tuple[Transform, tuple[type[exp.Expr], ...]], ...] = (
    (_generator, (exp.TableFromRows,)),
    (_sequence_numbers, _SEQUENCES),
    (_array_construct, (exp.Array,)),
    (_cast_to_variant, (exp.Cast,)),
    (fs.try_parse_json, (exp.Anonymous,)),
    (fs.semi_structured_types, (exp.DataType,)),
    (_array_contains, (exp.ArrayContains,)),
    (fs.split, (exp.Split,)),
    (_trim, (exp.Trim,)),
    (fs.indices_to_json_extract, (exp.Bracket,)),
    (fs.json_extract_cast_as_varchar, (exp.JSONExtract,)),
    (fs.json_extract_cased_as_varchar, (exp.JSONExtract,)),
    (fs.json_extract_precedence, (exp.JSONExtract, exp.JSONExtractScalar)),
    (fs.flatten_value_cast_as_varchar, (exp.Explode,)),
    (fs.flatten, (exp.Lateral, exp.TableFromRows)),
    (fs.regex_replace, (exp.RegexpReplace,)),
    (_regexp_substr, (exp.RegexpExtract,)),
    (fs.values_columns, (exp.Values,)),
    (fs.to_date, (exp.Anonymous,)),
    (fs.timestamp_offsets, (exp.Cast,)),
    (fs.to_decimal, (exp.ToNumber,)),
    (_try_to_timestamp, (exp.Anonymous,)),
    (_to_timestamp, (exp.UnixToTime, exp.Anonymous, exp.Cast)),
    (fs.to_variant, (exp.ToVariant,)),
    (fs.object_construct, (exp.StarMap, exp.Struct, exp.JSONObject)),
    (fs.timestamp_ntz, (exp.DataType,)),
    (fs.float_to_double, (exp.DataType,)),
    (fs.integer_precision, (exp.DataType,)),
    (fs.sample, (exp.TableSample,)),
    (_array_to_string, (exp.ArrayToString,)),
    (fs.array_size, (exp.ArraySize,)),
    (fs.random, (exp.Rand,)),
    (fs.array_agg_within_group, (exp.WithinGroup,)),
    (fs.array_agg, (exp.ArrayAgg,)),
    (fs.object_agg, (exp.ObjectAgg,)),
    (fs.array_construct_etc, (exp.ArrayConstructCompact, exp.ArrayConcat)),
    (_keep_date, (exp.DateAdd, exp.TimestampTrunc)),
    (fs.dateadd_string_literal_timestamp_cast, (exp.DateAdd,)),
    (fs.datediff_string_literal_timestamp_cast, (exp.DateDiff,)),
    (fs.haversine, (exp.Anonymous,)),
    (fs.hex_string, (exp.HexString,)),
    (fs.sha256, (exp.SHA2, exp.SHA2Digest, exp.Anonymous)),
    (fs.alias_in_join, (exp.Join,)),
    (fs.alias_in_where, (exp.Where,)),
)


def upper_case(tree: exp.Expr) -> exp.Expr:
    """Unquoted identifiers in upper case, as Snowflake stores them."""
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.quoted and isinstance(identifier.this, str):
            identifier.set("this", identifier.this.upper())
    return tree


def name_columns(tree: exp.Expr) -> exp.Expr:
    """Give the unnamed columns of a query the names Snowflake gives them: their own text in upper case."""
    selected = tree
    while isinstance(selected, exp.SetOperation | exp.Subquery):
        selected = selected.this
    if isinstance(selected, exp.Select):
        for column in selected.expressions:
            if not isinstance(column, exp.Alias | exp.Column | exp.Star | exp.Aliases) and not column.is_star:
                text = column.sql(dialect="snowflake")
                column.replace(exp.alias_(column.copy(), text if column.is_string else text.upper(), quoted=True))
    return tree


def to_duckdb(tree: exp.Expr) -> str:
    """DuckDB's SQL for a tree whose names are bound already. Changes the tree."""
    present = {type(node) for node in tree.walk()}
    for transform, wakes in _STEPS:
        if any(kind in present or any(issubclass(p, kind) for p in present) for kind in wakes):
            tree = tree.transform(transform, copy=False)
            present = {type(node) for node in tree.walk()}
    return tree.sql(dialect="duckdb")
