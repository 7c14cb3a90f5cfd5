"""What depends on the types of its operands: the scale of divisions and averages, and whether a date stays a date.

Snowflake divides exactly, with six more decimals than the dividend has, and never by zero. No rewrite of a statement's
text knows the types; so DuckDB is asked: the operands are selected from where they stand, and described, the innermost
first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import duckdb
from sqlglot import exp

from .functions.calls import INTERNAL, KEPT_DATE, call, literal, once

Types = Callable[[str], list[str]]
"""The DuckDB types of the columns of a query."""

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
          "INTEGER_LITERAL", '"NULL"'}  # fmt: skip
_SCOPES = (exp.Select, exp.Update, exp.Delete, exp.Merge)
_KINDS = (exp.Div, exp.Anonymous)
_DONE = "divided"
_AGGREGATES = ("avg", "quantile_cont", "var_pop", "var_samp")
_BETWEEN = 3
"""Decimals that a median or a percentile has more than what it is of."""
_PLAIN = {exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.DOUBLE, exp.DType.BIGINT}


def divide(tree: exp.Expr, connection: duckdb.DuckDBPyConnection) -> exp.Expr:
    """Replace every division and average in a tree that is DuckDB's already."""
    holder = exp.Paren(this=tree)
    while waiting := [node for node in holder.find_all(*_KINDS) if _is_waiting(node)]:
        ready = [node for node in waiting if not any(_is_waiting(n) for n in node.find_all(*_KINDS) if n is not node)]
        first = max(ready, key=_urgency)
        scope = _scope_of(first)
        beside = [node for node in ready if node is not first and _scope_of(node) is scope]
        for node, kinds in _kinds([first, *beside], connection):
            _replace(node, kinds)
    divided: exp.Expr = holder.this
    divided.pop()
    return divided


def _urgency(node: exp.Expr) -> tuple[int, int]:
    """Inner queries before those that read them, and columns before what may use their names."""
    scope = _scope_of(node)
    if scope is None:
        return 0, 0
    inside = node
    while inside.parent is not scope and inside.parent is not None:
        inside = inside.parent
    return scope.depth, -(inside.index or 0) if inside.arg_key == "expressions" else -100_000


def _scope_of(node: exp.Expr) -> exp.Expr | None:
    """The statement or query whose rows a node is about; the UPDATE of a MERGE has none of its own."""
    scope = node.find_ancestor(*_SCOPES)
    while isinstance(scope, exp.Update) and scope.args.get("this") is None:
        scope = scope.find_ancestor(*_SCOPES)
    return scope


def _is_waiting(node: exp.Expr) -> bool:
    if node.meta.get(_DONE):
        return False
    return isinstance(node, exp.Div) or (node.name in (KEPT_DATE, *_AGGREGATES) and bool(node.meta.get(INTERNAL)))


def _kinds(nodes: Sequence[exp.Expr], connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[exp.Expr, list[str]]]:
    """The nodes of one scope with the types of their operands: of all by one question where DuckDB can answer it, else
    of the first alone, whose name another may use."""
    known = [[_written(operand) for operand in _operands(node)] for node in nodes]
    asked = [(node, kinds) for node, kinds in zip(nodes, known, strict=True) if None in kinds]
    if len(asked) < len(nodes):  # what is known goes first: it may be what others wait for
        yield from ((node, [k for k in kinds if k]) for node, kinds in zip(nodes, known, strict=True) if all(kinds))
        return
    if len(nodes) > 1:
        try:
            found = iter(_types_at(nodes[0], [each for node in nodes for each in _operands(node)], connection))
        except (duckdb.Error, NotImplementedError):
            nodes = nodes[:1]
        else:
            yield from ((node, [next(found) for _ in _operands(node)]) for node in nodes)
            return
    yield nodes[0], _types_at(nodes[0], _operands(nodes[0]), connection)


def _operands(node: exp.Expr) -> list[exp.Expr]:
    """What a node's result depends on the types of."""
    if isinstance(node, exp.Div):
        return [node.this, node.expression]
    of = node.expressions[0]
    return [of.expressions[0] if isinstance(of, exp.Distinct) else of]


def _written(operand: exp.Expr) -> str | None:
    """The type that an operand's own text gives it, or None."""
    while isinstance(operand, exp.Paren):
        operand = operand.this
    if isinstance(operand, exp.Cast) and operand.to.this in _PLAIN:
        return str(operand.to.sql(dialect="duckdb"))
    return "INTEGER_LITERAL" if isinstance(operand, exp.Literal) and operand.is_int else None


def _replace(node: exp.Expr, kinds: list[str]) -> None:
    kind = kinds[0]
    if isinstance(node, exp.Div):
        node.replace(_quotient(node.this.copy(), node.expression.copy(), kinds))
        return
    if node.name == KEPT_DATE:
        moved = node.expressions[1]
        node.replace(exp.cast(moved.copy(), "DATE") if kind == "DATE" else exp.paren(moved.copy()))
        return
    of = node.expressions[0]
    if kind == "DOUBLE" or kind == "FLOAT":
        node.meta[_DONE] = True
        return
    whole = node.parent if isinstance(node.parent, exp.Window) and node.arg_key == "this" else node
    if node.name == "quantile_cont":
        whole.replace(_percentile(whole, node, kind))
        return
    if node.name != "avg":
        whole.replace(_variance(whole, node, kind))
        return
    total, count = (_with(whole, node, call(name, of.copy())) for name in ("sum", "count"))
    counted = exp.Case(ifs=[exp.If(this=exp.EQ(this=count.copy(), expression=literal(0)), true=exp.null())],
                       default=count)  # fmt: skip
    whole.replace(_quotient(total, counted, [kind, "BIGINT"]))


def _percentile(whole: exp.Expr, node: exp.Expr, kind: str) -> exp.Expr:
    """Of exact numbers: what lies in proportion between two of them in their order."""
    of, share = node.expressions
    not_null = exp.Where(this=exp.not_(exp.Is(this=of.copy(), expression=exp.null())))
    listed = _with(whole, node, exp.Filter(this=call("list", of.copy()), expression=not_null))
    placed = once(call("list_sort", listed), lambda values: call("sf_percentile", values, share.copy()))
    return exp.cast(placed, f"DECIMAL(38, {_scale(kind) + _BETWEEN})")


def _variance(whole: exp.Expr, node: exp.Expr, kind: str) -> exp.Expr:
    """Of exact numbers: the sum of squares less the square of the sum, in units of the last decimal."""
    scale = _scale(kind)
    unit = exp.cast(_times_ten(node.expressions[0].copy(), scale), "HUGEINT")
    square = exp.Mul(this=unit.copy(), expression=unit.copy())
    count, total, squares = (
        exp.cast(_with(whole, node, made), "HUGEINT")
        for made in (call("count", unit.copy()), call("sum", unit), call("sum", square))
    )
    apart = exp.Sub(
        this=exp.Mul(this=count.copy(), expression=squares), expression=exp.Mul(this=total, expression=total.copy())
    )
    fewer: exp.Expr = count.copy()
    if node.name == "var_samp":
        fewer = exp.paren(exp.Sub(this=fewer, expression=literal(1)))
    pairs = exp.Mul(this=count, expression=fewer)
    given = exp.Case(
        ifs=[exp.If(this=exp.EQ(this=pairs.copy(), expression=literal(0)), true=exp.null())], default=pairs
    )
    decimals = max(2 * scale, min(2 * scale + 6, 12))
    scaled = exp.Mul(this=exp.paren(apart), expression=exp.cast(literal(10 ** (decimals - 2 * scale)), "HUGEINT"))
    quotient = once(scaled, lambda n: once(given, lambda d: call("sf_quotient", n, d), "d_"))
    return _shifted(quotient, decimals)


def _shifted(whole: exp.Expr, decimals: int) -> exp.Expr:
    """A whole number of units of the last decimal, as the number that it stands for."""
    if not decimals:
        return exp.paren(exp.cast(whole, "DECIMAL(38, 0)"))
    return exp.paren(
        exp.Mul(
            this=exp.cast(whole, "DECIMAL(38, 0)"),
            expression=exp.cast(literal("0." + "0" * (decimals - 1) + "1"), f"DECIMAL({decimals}, {decimals})"),
        )
    )


def _with(whole: exp.Expr, node: exp.Expr, aggregate: exp.Expr) -> exp.Expr:
    """A copy of the window with another aggregate in it, or the aggregate."""
    if whole is node:
        return aggregate
    copied = whole.copy()
    copied.this.replace(aggregate)
    return copied


def _quotient(dividend: exp.Expr, divisor: exp.Expr, kinds: Sequence[str]) -> exp.Expr:
    if any(kind in ("DOUBLE", "FLOAT") for kind in kinds):
        return call("sf_float_quotient", exp.cast(dividend, "DOUBLE"), exp.cast(divisor, "DOUBLE"))
    scales = [_scale(kind) for kind in kinds]
    scale = max(scales[0], min(scales[0] + 6, 12))
    units = [
        exp.cast(_times_ten(operand, decimals), "HUGEINT")
        for operand, decimals in zip((dividend, divisor), scales, strict=True)
    ]
    shift = scale - scales[0] + scales[1]
    scaled = exp.Mul(this=units[0], expression=exp.cast(literal(10**shift), "HUGEINT"))
    quotient = once(scaled, lambda n: once(units[1], lambda d: call("sf_quotient", n, d), "d_"))
    return _shifted(quotient, scale)


def _times_ten(operand: exp.Expr, decimals: int) -> exp.Expr:
    if not decimals:
        return exp.paren(operand)
    wide = exp.cast(operand, f"DECIMAL(38, {decimals})")
    return exp.Mul(this=wide, expression=exp.cast(literal(10**decimals), "DECIMAL(38, 0)"))


def _scale(kind: str) -> int:
    if kind in _WHOLE:
        return 0
    if found := _DECIMAL.fullmatch(kind):
        return int(found[2])
    raise NotImplementedError(f"division of {kind}: cast it to a number first")


# -- asking DuckDB ---------------------------------------------------------------------------------------------------


def _types_at(node: exp.Expr, operands: Sequence[exp.Expr], connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The types of expressions that stand at a node: of rows, of groups, or of rows of a query around it."""
    failure: duckdb.Error | None = None
    for probe in _probes(node, operands):
        for kept in reversed([n for n in probe.find_all(exp.Anonymous) if n.name == KEPT_DATE]):
            kept.replace(exp.paren(kept.expressions[1].copy()))  # others that wait, such as in a join
        for placeholder in list(probe.find_all(exp.Placeholder, exp.Parameter)):
            placeholder.replace(exp.null())
        try:
            asked = probe.sql(dialect="duckdb", comments=False, copy=False)
            described = connection.execute(f"DESCRIBE {asked}").fetchall()
        except duckdb.Error as error:
            failure = failure or error
            continue
        return [row[1] for row in described[-len(operands) :]]
    if failure is not None and isinstance(failure, duckdb.BinderException | duckdb.CatalogException):
        raise failure
    raise NotImplementedError(f"a division where this one stands: {node.sql(dialect='snowflake')[:100]}")


def _probes(node: exp.Expr, operands: Sequence[exp.Expr]) -> Iterator[exp.Expr]:
    """Queries that select the operands, the likeliest first; each is made when the one before was not understood."""
    named = [exp.alias_(operand.copy(), f"operand_{i}") for i, operand in enumerate(operands)]
    scope = _scope_of(node)
    if scope is None:
        yield exp.Select(expressions=named)
        return
    for bare in (_rows(scope, named), _groups(scope, named)):
        if bare is None:
            continue
        made: exp.Expr = bare
        around = scope
        while True:
            yield with_ctes(made, around)
            outer = _scope_of(around)
            if outer is None:
                break
            inside = [
                exp.alias_(exp.Subquery(this=_only(bare if around is scope else made, i)), f"operand_{i}")
                for i in range(len(operands))
            ]
            wrapped = _rows(outer, inside)
            if wrapped is None:
                break
            made, around = wrapped, outer


def _only(probe: exp.Expr, i: int) -> exp.Expr:
    copied = probe.copy()
    copied.set("expressions", [copied.expressions[len(copied.expressions) - len(probe.expressions) + i]])
    return copied


def _rows(scope: exp.Expr, named: Sequence[exp.Expr]) -> exp.Select | None:
    """The operands, selected from the scope's rows."""
    probe = exp.Select(expressions=[n.copy() for n in named])
    if isinstance(scope, exp.Select):
        for key in ("from_", "joins", "laterals"):
            if value := scope.args.get(key):
                probe.set(key, [v.copy() for v in value] if isinstance(value, list) else value.copy())
        return probe
    tables = [scope.this, scope.args.get("using")]
    if (source := scope.args.get("from_")) is not None:
        tables.append(source.this)
    if isinstance(scope.args.get("using"), list):
        tables = [scope.this, *scope.args["using"]]
    first, *others = [t.copy() for t in tables if isinstance(t, exp.Expr)]
    probe.set("from_", exp.From(this=first))
    probe.set("joins", [exp.Join(this=other) for other in others])
    return probe


def _groups(scope: exp.Expr, named: Sequence[exp.Expr]) -> exp.Select | None:
    """The operands beside what the scope selects, of its groups."""
    if not isinstance(scope, exp.Select):
        return None
    probe = scope.copy()
    for key in ("order", "limit", "offset", "qualify", "with_", "distinct", "having"):
        probe.set(key, None)
    kept = [p for p in probe.expressions if not any(map(_is_waiting, p.find_all(*_KINDS)))]
    probe.set("expressions", [*kept, *[n.copy() for n in named]])
    return probe


def with_ctes(probe: exp.Expr, scope: exp.Expr) -> exp.Expr:
    """The probe with the common table expressions that it may name."""
    ctes: list[exp.Expr] = []
    recursive = False
    inside: exp.Expr = scope
    ancestor: exp.Expr | None = scope
    while ancestor is not None:
        if isinstance(ancestor, exp.With):
            at = next(i for i, cte in enumerate(ancestor.expressions) if cte is inside)
            ctes = [*ancestor.expressions[: at + bool(ancestor.args.get("recursive"))], *ctes]
            recursive |= bool(ancestor.args.get("recursive"))
        elif isinstance(with_ := ancestor.args.get("with_"), exp.With) and inside is not with_:
            ctes = [*with_.expressions, *ctes]
            recursive |= bool(with_.args.get("recursive"))
        inside, ancestor = ancestor, ancestor.parent
    if not ctes:
        return probe
    copied = probe.copy()
    with_ = exp.With(expressions=[cte.copy() for cte in ctes], recursive=recursive)
    copied.set("with_", with_)
    return copied
