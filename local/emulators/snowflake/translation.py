"""From Snowflake's dialect to DuckDB's: fakesnow's transforms, each run only where the tree has something for it.

fakesnow walks the tree once for each of its sixty transforms. Most statements need three, so here each names the node
types that wake it. Ours come after theirs.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
from fakesnow import transforms as fs
from sqlglot import exp

from . import allowed, arithmetic, errors, functions, mixing, spelling
from .dialect import WRITTEN, Dialect, first_select

Transform = Callable[[exp.Expr], exp.Expr]


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


def _flatten(node: exp.Expr) -> exp.Expr:
    """Raise for arguments of FLATTEN that fakesnow would not heed."""
    if isinstance(node, exp.Explode):
        for given in node.find_all(exp.Kwarg):
            name, value = given.this.name.upper(), given.expression
            plain = (name, value.sql().upper()) in (("OUTER", "FALSE"), ("RECURSIVE", "FALSE"), ("MODE", "'BOTH'"))
            if name != "INPUT" and given.find_ancestor(exp.Explode) is node and not plain:
                raise NotImplementedError(f"FLATTEN with {name} => {value.sql(dialect='snowflake')[:50]}")
    return node


def _array_construct(node: exp.Expr) -> exp.Expr:
    """Arrays are JSON here, so that their elements may differ in type."""
    if isinstance(node, exp.Array) and not node.meta.get("duckdb"):
        return exp.Anonymous(this="json_array", expressions=node.expressions)
    return node


def _sequence_numbers(node: exp.Expr) -> exp.Expr:
    """SEQ4() and its kin number the rows; to order by them is to keep the order."""
    if isinstance(node, _SEQUENCES) and node.find_ancestor(exp.Window, exp.Order):
        return exp.Literal.number(1)
    return node


_SEQUENCES = (exp.Seq1, exp.Seq2, exp.Seq4, exp.Seq8)

# What wakes a transform, in fakesnow's order (some depend on it).
_STEPS: tuple[tuple[Transform, tuple[type[exp.Expr], ...]], ...] = (
    (_generator, (exp.TableFromRows,)),
    (_sequence_numbers, _SEQUENCES),
    (_array_construct, (exp.Array,)),
    (_flatten, (exp.Explode,)),
    (mixing.choice, (exp.Case, exp.Anonymous)),
    (fs.semi_structured_types, (exp.DataType,)),
    (fs.indices_to_json_extract, (exp.Bracket,)),
    (fs.json_extract_cast_as_varchar, (exp.JSONExtract,)),
    (fs.json_extract_cased_as_varchar, (exp.JSONExtract,)),
    (fs.json_extract_precedence, (exp.JSONExtract, exp.JSONExtractScalar)),
    (fs.flatten_value_cast_as_varchar, (exp.Explode,)),
    (fs.flatten, (exp.Lateral, exp.TableFromRows)),
    (fs.values_columns, (exp.Values,)),
    (fs.object_construct, (exp.StarMap, exp.Struct, exp.JSONObject)),
    (fs.timestamp_ntz, (exp.DataType,)),
    (fs.float_to_double, (exp.DataType,)),
    (fs.integer_precision, (exp.DataType,)),
    (fs.sample, (exp.TableSample,)),
    (fs.object_agg, (exp.ObjectAgg,)),
    (fs.hex_string, (exp.HexString,)),
    (fs.alias_in_join, (exp.Join,)),
    (fs.alias_in_where, (exp.Where,)),
)


def upper_case(tree: exp.Expr) -> exp.Expr:
    """Unquoted identifiers in upper case, as Snowflake stores them; all as they are spelled in DuckDB."""
    for identifier in tree.find_all(exp.Identifier):
        name = identifier.this
        if isinstance(name, str):
            if not spelling.is_plain(name):
                raise errors.syntax(f"unexpected character in the name '{name}'")
            name = name if identifier.quoted else name.upper()
            identifier.set("this", spelling.encode(name, of_table=_is_of_table(identifier)))
    return tree


def _is_of_table(identifier: exp.Identifier) -> bool:
    """Whether an identifier names a table or stands for one, and does not name a column."""
    parent, key = identifier.parent, identifier.arg_key
    return (isinstance(parent, exp.Table | exp.TableAlias) and key == "this") or (
        isinstance(parent, exp.Column) and key == "table"
    )


def name_columns(tree: exp.Expr) -> exp.Expr:
    """Give the unnamed columns of a query, and of those in it, the names Snowflake gives them: their own text in upper
    case."""
    inner = [each for each in tree.find_all(exp.Select) if isinstance(each.parent, exp.Subquery | exp.CTE)]
    for selected in filter(None, (first_select(tree), *inner)):
        for column in list(selected.expressions):
            if not isinstance(column, exp.Alias | exp.Column | exp.Star | exp.Aliases) and not column.is_star:
                text = column.meta.get(WRITTEN) or spelling.decode(column.sql(dialect=Dialect, comments=False))
                column.replace(exp.alias_(column.copy(), spelling.encode(text.upper()), quoted=True))
    return tree


def require_names(query: exp.Expr) -> None:
    """Raise unless every column of a query that makes a table or a view has a name."""
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    for column in query.expressions if isinstance(query, exp.Select) else ():
        if not isinstance(column, exp.Alias | exp.Column | exp.Star | exp.Aliases) and not column.is_star:
            raise errors.SqlError(f"{errors.COMPILATION}Missing column specification", code=2022, state="42601")


def _quoted(tree: exp.Expr) -> exp.Expr:
    """Every name in quotes: END, DESC and DEFAULT are names to Snowflake, and words of DuckDB's grammar."""
    for identifier in tree.find_all(exp.Identifier):
        parent = identifier.parent
        is_default = isinstance(parent, exp.Column) and parent.name == "DEFAULT" and not parent.table
        around = parent.parent if parent is not None else None
        if not (is_default and isinstance(around, exp.Tuple | exp.EQ) and not identifier.quoted):
            identifier.set("quoted", True)
    return tree


def to_duckdb(tree: exp.Expr, connection: duckdb.DuckDBPyConnection) -> str:
    """DuckDB's SQL for a tree whose names are bound already. Changes the tree."""
    tree = functions.translate(tree)
    present = {type(node) for node in tree.walk()}
    for transform, wakes in _STEPS:
        if any(kind in present or any(issubclass(p, kind) for p in present) for kind in wakes):
            tree = tree.transform(transform, copy=False)
            present = {type(node) for node in tree.walk()}
    tree = _quoted(arithmetic.divide(tree, connection))
    mixing.check_sets(tree, connection)
    sql = tree.sql(dialect="duckdb", comments=False, copy=False)
    allowed.check(sql)
    return sql
