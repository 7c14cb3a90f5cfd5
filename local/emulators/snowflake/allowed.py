"""The second lock: of DuckDB's functions, those that our translation writes, and no other, reach DuckDB.

`functions` accepts only the names it knows. What is checked here is the SQL that came of it, against the list of
functions that DuckDB itself says it has: many of them read every table, every file or the settings.
"""

from __future__ import annotations

import re
from functools import cache

import duckdb

from . import errors

_NAMES = """
abs acos any_value approx_count_distinct approx_quantile arg_max arg_min asin atan atan2 avg bool_and bool_or cbrt
ceil chr coalesce contains corr cos cosh cot count count_if count_star covar_pop covar_samp cume_dist date_diff
date_part date_trunc degrees dense_rank encode ends_with error exp factorial first_value floor from_base64 from_hex
gen_random_uuid greatest hex isnan json json_array json_extract json_extract_string json_type json_valid lag last_value
lead
least len levenshtein list list_extract list_sort list_transform ltrim map max md5 median min mode nextval now
nth_value ntile
nullif percent_rank percentile_cont percentile_disc pi power quantile_cont quantile_disc radians random range rank
regexp_extract_all regexp_full_match regexp_replace replace reverse round row_number rtrim sha1 sha256 sign sin sinh
starts_with stddev stddev_pop stddev_samp strftime string_agg struct_pack substr sum tan tanh timezone today to_days
to_hours to_json to_microseconds to_milliseconds to_minutes to_months to_quarters to_seconds to_weeks to_years
translate trim trunc try_strptime unhex unnest upper lower var_pop var_samp xor _fs_flatten _fs_haversine
_fs_object_construct
_fs_object_construct_star
"""
WRITTEN = frozenset(_NAMES.split())
# Texts, names in quotes, and what stands before an opening bracket.
_CALLS = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)"\s*\(|"(?:[^"]|"")*"|([A-Za-z_]\w*)\s*\(""")


@cache
def known() -> frozenset[str]:
    """Every function of DuckDB's, in lower case."""
    with duckdb.connect() as connection:
        names = connection.execute("SELECT DISTINCT lower(function_name) FROM duckdb_functions()").fetchall()
    return frozenset(name for (name,) in names)


def check(sql: str) -> None:
    """Raise for the first function in DuckDB's SQL that is DuckDB's, and none that our translation writes."""
    for found in _CALLS.finditer(sql):
        name = (found[1] or found[2] or "").lower()
        if name == "filter" and sql.startswith("WHERE ", found.end()):
            continue  # the clause of an aggregate; the function is of another name here
        if name in known() and name not in WRITTEN:
            raise errors.unknown_function(name)
