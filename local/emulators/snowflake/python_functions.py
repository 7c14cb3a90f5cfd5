"""Calls of Python functions: their handlers run in a process of their own, which reads what scoped URLs name.

Only what is certain is done: arguments that are texts, known when the statement is bound, and a text in return. The
process has no environment and the interpreter's own library; it is no sandbox such as Snowflake's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from . import errors
from .catalog import Object
from .names import Names
from .session import Session
from .storage import StagedFile
from .words import Words

SCOPED = "https://assay.snowflakecomputing.com/api/files/"
LONGEST = 600  # seconds that one statement's calls may take
_KEY = secrets.token_bytes(32)  # a scoped URL means nothing to another process
_RUNNER = """
import io, json, sys, traceback, types

class SnowflakeFile:
    @staticmethod
    def open(file_location, mode="r", is_owner_file=False, *, require_scoped_url=True):
        if file_location not in files:
            raise OSError("the file is not a scoped URL among the function's arguments: " + file_location)
        content = io.BytesIO(files[file_location])
        return content if "b" in mode else io.TextIOWrapper(content, encoding="utf-8")

for name in ("snowflake", "snowflake.snowpark", "snowflake.snowpark.files"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["snowflake.snowpark.files"].SnowflakeFile = SnowflakeFile
source, answers = sys.stdin.buffer, sys.stdout
sys.stdout = sys.stderr
while line := source.readline():
    job = json.loads(line)
    files = {url: source.read(size) for url, size in job["files"]}
    try:
        function = {"__name__": "_udf_code"}
        exec(compile(job["body"], "_udf_code.py", "exec"), function)
        answer = {"value": function[job["handler"]](*job["arguments"])}
    except BaseException:
        answer = {"error": traceback.format_exc(limit=-3)}
    print(json.dumps(answer), file=answers, flush=True)
"""


def name_stages(tree: exp.Expr) -> None:
    """Write each stage in BUILD_SCOPED_FILE_URL(@stage, …) as a text, before `@name` is taken for a variable."""
    for call in tree.find_all(exp.Anonymous):
        if call.name.upper() == "BUILD_SCOPED_FILE_URL" and len(call.expressions) == 2:
            stage = call.expressions[0]
            if not (isinstance(stage, exp.Literal) and stage.is_string):
                stage.replace(exp.Literal.string("@" + stage.sql(dialect="snowflake").lstrip("$@")))


def evaluate(session: Session, names: Names, holder: exp.Expr) -> None:
    """Replace scoped URLs and calls of Python functions by their values."""
    anonymous = list(holder.find_all(exp.Anonymous))
    for call in anonymous:
        if call.name.upper() == "BUILD_SCOPED_FILE_URL":
            stage, path = _texts(call)
            call.replace(exp.Literal.string(_scoped(session, _located(session, names, stage, path))))
    if found := [(call, function) for call in anonymous if (function := _function(names, call)) is not None]:
        values = _run(session, [(function, _texts(call)) for call, function in found])
        for (call, _), value in zip(found, values, strict=True):
            _whole(call).replace(exp.null() if value is None else exp.Literal.string(value))


def _whole(call: exp.Expr) -> exp.Expr:
    """The call with the database and schema before its name."""
    while isinstance(call.parent, exp.Dot) and call.parent.expression is call:
        call = call.parent
    return call


def _function(names: Names, call: exp.Anonymous) -> Object | None:
    whole = _whole(call)
    before = whole.this if whole is not call else None
    parts = (
        [part.this if part.quoted else part.this.upper() for part in before.find_all(exp.Identifier)] if before else []
    )
    path = (*parts, call.name.upper())
    if len(path) == 1 and (names.catalog is None or not _in_current_schema(names, path[0])):
        return None
    function = names.object(path, "FUNCTION")
    names.access.require("USAGE", function)
    return function


def _in_current_schema(names: Names, name: str) -> bool:
    try:
        return names.find((name,), "FUNCTION") is not None
    except errors.SqlError:
        return False


def _texts(call: exp.Anonymous) -> list[str | None]:
    values: list[str | None] = []
    for argument in call.expressions:
        if isinstance(argument, exp.Null):
            values.append(None)
        elif isinstance(argument, exp.Literal) and argument.is_string:
            values.append(str(argument.this))
        else:
            shown = argument.sql(dialect="snowflake")[:100]
            raise errors.unsupported(f"{call.name} of anything but texts written in the statement: {shown}")
    return values


def _located(session: Session, names: Names, stage: str | None, path: str | None) -> str:
    from .statements.stages import find_stage  # stages are statements, and statements bind

    if stage is None or path is None:
        raise errors.invalid("BUILD_SCOPED_FILE_URL needs a stage and a path")
    found, prefix = find_stage(session, names, stage)
    if prefix:
        raise errors.invalid(f"BUILD_SCOPED_FILE_URL needs a stage without a path: {stage}")
    return str(found.detail["url"]) + path


def _scoped(session: Session, url: str) -> str:
    content = base64.urlsafe_b64encode(json.dumps([session.user, url]).encode()).decode()
    return f"{SCOPED}{content}.{_signature(content)}"


def _signature(content: str) -> str:
    return hmac.new(_KEY, content.encode(), hashlib.sha256).hexdigest()


def _opened(session: Session, scoped: str) -> bytes:
    content, _, signature = scoped.removeprefix(SCOPED).rpartition(".")
    if not hmac.compare_digest(signature, _signature(content)):
        raise errors.invalid("the scoped URL is not valid, or has expired")
    user, url = json.loads(base64.urlsafe_b64decode(content))
    if user != session.user:
        raise errors.invalid("the scoped URL was made by another user")
    file: StagedFile | None = next((one for one in session.store.s3.files(url) if one.url == url), None)
    if file is None:
        raise errors.SqlError(f"Remote file '{url}' was not found.", code=91016, state="22000")
    return session.store.s3.read(file)


def _run(session: Session, calls: Sequence[tuple[Object, Sequence[str | None]]]) -> list[str | None]:
    command = [sys.executable, "-I", "-S", "-c", _RUNNER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, cwd="/") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            values = []
            for function, arguments in calls:
                urls = [argument for argument in arguments if argument is not None and argument.startswith(SCOPED)]
                contents = [_opened(session, url) for url in urls]
                job = {
                    "body": function.detail["body"],
                    "handler": function.detail["handler"],
                    "arguments": list(arguments),
                    "files": [[url, len(content)] for url, content in zip(urls, contents, strict=True)],
                }
                process.stdin.write(json.dumps(job).encode() + b"\n" + b"".join(contents))
                process.stdin.flush()
                values.append(_answer(function, process.stdout.readline()))
            return values
        finally:
            process.kill()


def _answer(function: Object, line: bytes) -> str | None:
    answer: dict[str, Any] = json.loads(line) if line else {"error": "the process of the function ended"}
    if "error" in answer:
        raise errors.SqlError(
            f"Python Interpreter Error:\n{answer['error']} in function {function.name} with handler "
            f"{function.detail['handler']}",
            code=100357,
            state="P0000",
        )
    value = answer["value"]
    if value is not None and not isinstance(value, str):
        raise errors.SqlError(
            f"Python function {function.name} returned a {type(value).__name__} and must return a text",
            code=100357,
            state="P0000",
        )
    return value


def parse_function(words: Words) -> dict[str, Any]:
    """The parts of a CREATE FUNCTION after its name. Rejects every kind but one: texts in, a text out, Python."""
    words.expect("(")
    arguments = []
    while not words.take(")"):
        arguments.append(words.name())
        if words.word() not in ("VARCHAR", "STRING", "TEXT"):
            raise errors.unsupported("functions of anything but VARCHAR")
        words.take(",")
    words.expect("RETURNS")
    if words.word() not in ("VARCHAR", "STRING", "TEXT"):
        raise errors.unsupported("functions that return anything but VARCHAR")
    words.expect("LANGUAGE")
    if (language := words.word()) != "PYTHON":
        raise errors.unsupported(f"functions in {language} (only PYTHON)")
    options: dict[str, Any] = {}
    while not words.take("AS"):
        name = words.word()
        words.expect("=")
        if words.take("("):
            options[name] = []
            while not words.take(")"):
                options[name].append(words.string())
                words.take(",")
        else:
            options[name] = words.string()
    body = words.string()
    words.end()
    if unknown := set(options) - {"RUNTIME_VERSION", "PACKAGES", "HANDLER", "COMMENT"}:
        raise errors.unsupported(f"CREATE FUNCTION with {min(unknown)}")
    if lacking := {"RUNTIME_VERSION", "HANDLER"} - set(options):
        raise errors.syntax(f"at the end: {min(lacking)} was expected")
    if others := set(options.get("PACKAGES", [])) - {"snowflake-snowpark-python"}:
        raise errors.unsupported(f"the Python package {min(others)} (only snowflake-snowpark-python)")
    return {
        "arguments": arguments,
        "body": body,
        "handler": options["HANDLER"],
        "runtime": options["RUNTIME_VERSION"],
        "comment": options.get("COMMENT", ""),
    }
