"""Wrong declarations of every kind: one edit of the repository's own files each, and what the check says of it."""

from __future__ import annotations

from dataclasses import dataclass

FLIGHTS, WEATHER = "dags/zones/flights/zone.yml", "dags/zones/weather/zone.yml"
OF_FLIGHTS = "dags/zones/flights/contracts/flights.odcs.yaml"
OF_PLANES = "dags/zones/flights/contracts/planes.odcs.yaml"
OF_AIRPORTS = "dags/zones/flights/contracts/airports.odcs.yaml"
OF_WEATHER = "dags/zones/weather/contracts/weather.odcs.yaml"
DBT_WEATHER = "dbt/models/weather/_weather.yml"
DAILY = "dbt/models/weather/gold/daily_weather.yml"
SEED = "dbt/seeds/flights/airlines.csv"
BASE, LOCAL = "dags/config/base", "dags/config/local"
ROLES = "dags/config/prod/roles.yml"
SOURCE, DESTINATION = "airbyte/sources/flights_api.yaml", "airbyte/destinations/flights_landing.yaml"
CONNECTION, MANIFEST = "airbyte/connections/flights_api.yaml", "airbyte/connectors/flights_api/manifest.yaml"


@dataclass(frozen=True)
class Case:
    """`before` becomes `after` in `file` (the whole file, where `before` is empty); the sentence names the line that
    begins with, or holds, `at` and says `words`."""

    name: str
    file: str
    before: str
    after: str
    words: str
    at: str = ""
    shown: str = ""

    @property
    def path(self) -> str:
        """What errors call the file."""
        return self.shown or (self.file if self.file.endswith(".py") else self.file.removeprefix("dags/"))


def zone(name: str, before: str, after: str, words: str, at: str = "") -> Case:
    return Case(f"zone: {name}", FLIGHTS, before, after, words, at)


def weather(name: str, before: str, after: str, words: str, at: str = "") -> Case:
    return Case(f"zone: {name}", WEATHER, before, after, words, at)


def schedule(name: str, cron: str, words: str) -> Case:
    return Case(f"schedule: {name}", FLIGHTS, '"30 5 * * *"', f'"{cron}"', words, "schedule:")


def planes(name: str, before: str, after: str, words: str, at: str = "") -> Case:
    return Case(f"contract: {name}", OF_PLANES, before, after, words, at)


def job(name: str, before: str, after: str, words: str, at: str = "-- Every airport") -> Case:
    return Case(f"job: {name}", "dags/zones/flights/jobs/airports.sql", before, after, words, at)


def condition(name: str, sql: str, words: str) -> Case:
    written = "arr_time is null or dep_time is not null"
    return Case(f"condition: {name}", OF_FLIGHTS, written, sql, words, "implementation:")


def query(name: str, sql: str, words: str) -> Case:
    written = "select 100 * count_if(dep_time is null) / nullif(count(*), 0) from ${object}"
    return Case(f"query: {name}", OF_FLIGHTS, written, sql, words, "query:")


def day(name: str, sql: str, words: str) -> Case:
    return Case(f"day: {name}", FLIGHTS, "date_from_parts(year, month, day)", sql, words, "day:")


def setting(name: str, file: str, before: str, after: str, words: str, at: str = "") -> Case:
    return Case(f"settings: {name}", file, before, after, words, at)


def roles(name: str, before: str, after: str, words: str, at: str = "") -> Case:
    return Case(f"roles: {name}", ROLES, before, after, words, at)


def airbyte(name: str, file: str, before: str, after: str, words: str, at: str = "") -> Case:
    return Case(f"airbyte: {name}", file, before, after, words, at)


def file(name: str, path: str, before: str, after: str, words: str, at: str = "") -> Case:
    return Case(name, path, before, after, words, at)


def dag(name: str, before: str, after: str, words: str, at: str = "") -> Case:
    return Case(f"DAG file: {name}", "dags/weather.py", before, after, words, at)


PIPELINE = "dag = pipeline(__file__)"
IMPORT = "from assay.pipeline import pipeline"
OWNER = "owner: flight-operations@example.com"
CASES = [
    # --- YAML itself, in every kind of file
    zone(
        "a key twice", OWNER, f"{OWNER}\nzone: flights", "zone is written twice, first in line 1", "zone: flights\nst"
    ),
    weather(
        "a key twice in a source", "kind: files", "kind: files\n    kind: files", "sources[0].kind is written twice"
    ),
    planes("a key twice", "kind: DataContract", "kind: DataContract\nkind: DataContract", "kind is written twice"),
    setting("a key twice", f"{BASE}/k8s.yml", "namespace: assay", "namespace: assay\nnamespace: x", "is written twice"),
    roles("users twice", "users:\n", "users:\n  - mara_lind\nusers:\n", "users is written twice", "users:\n  #"),
    airbyte(
        "a key twice", CONNECTION, "source: flights_api", "source: flights_api\nsource: x", "source is written twice"
    ),
    zone("NO", "description: Flights out of New York's three airports, as flown.", "description: NO", "NO"),
    zone("octal", "steward: anna.keller@example.com", "steward: 0150", "0150, which YAML readers take"),
    zone("sexagesimal", "steward: anna.keller@example.com", "steward: 12:30", "12:30, which YAML readers take"),
    zone("a date", "steward: anna.keller@example.com", "steward: 2013-01-01", "2013-01-01, which YAML readers"),
    weather("digits with an underscore", 'null_if: [NA, ""]', "null_if: [1_000]", "sources[0].null_if[0] is 1_000"),
    zone("a tilde", 'schedule: "30 5 * * *"', "schedule: ~", "schedule is ~"),
    zone("nothing", 'schedule: "30 5 * * *"', "schedule:", "schedule has no value"),
    Case("contract: infinity", OF_WEATHER, "minimum: -60", "minimum: -.inf", "-.inf, which YAML readers take"),
    planes("more digits than a number keeps", "minimum: 1903,", "minimum: 0.12345678901234567891,", "0.1234567890123"),
    zone("an anchor", OWNER, "owner: &who flight-operations@example.com", "&who is an anchor"),
    zone("a merge key", "resources: {cpu: 250m", "resources: {<<: {cpu: 250m}", "<< is a key that is no text"),
    zone("a tag", OWNER, "owner: !!str x", "is a tag"),
    zone("two documents", "\nsources:", "\n---\nsources:", "several documents", "---"),
    zone("a tab", "    kind: airbyte", "\tkind: airbyte", "has a tab"),
    zone("a no-break space", "owner: flight", "owner:\u00a0flight", "\\xA0"),
    zone("a byte order mark", "zone: flights", "\ufeffzone: flights", "byte order mark"),
    zone("a bracket that stays open", "reads:\n", "reads: [\n", "not valid YAML", "- zone: weather"),
    zone("a list as a key", OWNER, f"{OWNER}\n? [a]\n: b", "as a key", "? [a]"),
    zone("a number as a key", OWNER, f"{OWNER}\n1: b", "1 is a key that is no text"),
    # --- zone files: kinds of values, names, what they name
    zone("an unknown key", "steward:", "stewrad:", "stewrad is not a key that is known here"),
    zone("a key that is missing", f"{OWNER}\n", "", "owner is missing; add it", "zone: flights"),
    zone("null where a value belongs", OWNER, "owner: null", "owner is null; it must be a text"),
    zone("an empty text", OWNER, 'owner: ""', "owner must have at least 1 characters"),
    zone("a number where a text belongs", OWNER, "owner: 5", 'owner must be a text; write it in quotes: "5"'),
    zone("a switch where a text belongs", OWNER, "owner: true", "owner must be a text"),
    zone("a text where a list belongs", "tables: [hourly_weather]", "tables: hourly_weather", "must be a list"),
    weather(
        "publishes as a text", "publishes: [hourly_weather]", "publishes: hourly_weather", "publishes must be a list"
    ),
    zone("a text of a list's only entry", "secrets: [postgres-company]", "secrets: postgres-company", "must be a list"),
    zone("a text where a mapping belongs", "resources: {cpu: 250m, memory: 256Mi}", "resources: small", "a mapping"),
    zone(
        "a list where a mapping belongs",
        "  - name: airports_job",
        "  - [airports_job]\n  - name: airports_job",
        "sources[1] ",
        "- [airports_job]",
    ),
    zone(
        "a kind that there is not", "kind: airbyte", "kind: ftp", 'sources[0] has the kind "ftp"', "- name: flights_api"
    ),
    zone(
        "a key of another kind",
        "    job: airports",
        "    job: airports\n    prefix: x/",
        "sources[1].prefix is not a key",
    ),
    zone("memory in a unit that there is not", "256Mi", "256MB", 'memory is "256MB"', "resources:"),
    zone("no memory at all", "256Mi", "0Mi", 'memory is "0Mi"', "resources:"),
    zone("half a thousandth of a core", "cpu: 250m", "cpu: 0.5m", 'cpu is "0.5m"', "resources:"),
    zone("the folder's name and another", "zone: flights", "zone: trains", 'lives in a folder called "flights"'),
    zone("the platform's name", "zone: flights", "zone: platform", "a name that the platform uses itself"),
    zone("a name of the platform's DAGs", "zone: flights", "zone: platform_rollback", "the platform uses itself"),
    zone("information_schema", "zone: flights", "zone: information_schema", "the platform uses itself"),
    zone("a layer's name", "zone: flights", "zone: gold", "the platform uses itself"),
    zone("a name like a role of a zone", "zone: flights", "zone: weather_loader", "the loader of a zone weather"),
    zone("a name with a dash", "zone: flights", "zone: air-cargo", "lower case letters, digits and single underscores"),
    zone("a name with two underscores", "zone: flights", "zone: air__cargo", "single underscores"),
    zone("a name that ends with an underscore", "zone: flights", "zone: flights_", "single underscores"),
    zone("a name in capitals", "zone: flights", "zone: Flights", "lower case letters"),
    zone("a name that is too long", "zone: flights", f"zone: {'f' * 41}", "which has 41 characters"),
    zone("a name with a letter beyond ASCII", "zone: flights", "zone: flüge", "lower case letters"),
    zone("a reserved word as a table", "table: planes", "table: order", "a word that Snowflake reserves"),
    zone("two sources of one table", "table: planes", "table: airports", 'sources[2].table "airports" is used twice'),
    zone("two sources of one name", "name: planes_export", "name: airports_job", "is used twice"),
    zone("a table without a contract", "table: planes", "table: gliders", "has no contract; write contracts/gliders"),
    zone("a job without a query", "job: airports", "job: airport", "has no file; write jobs/airport.sql"),
    zone("a secret that nobody declared", "postgres-company", "postgres-compny", "is not declared for zone flights"),
    Case(
        "zone: another zone's secret",
        WEATHER,
        "publishes:",
        "  - {name: c, kind: container, image: assay/loader, "
        "command: [x], secrets: [postgres-company], table: weather2}\npublishes:",
        "no contract",
        "- {name: c",
    ),
    zone("an image without a tag", "image: assay/loader", "image: assay/lodr", '"assay/lodr", which has no tag'),
    zone("an image with a space", "image: assay/loader", 'image: "assay loader"', "image is"),
    zone("no command", "command: [export-postgres, planes]", "command: []", "command must have at least 1 entries"),
    zone(
        "a character that no program takes",
        "command: [export-postgres, planes]",
        'command: ["x\\0"]',
        "has the control character",
    ),
    zone("a line end in a name", "owner: flight-operations@example.com", 'owner: "a\\u2028b"', "signs that cannot"),
    zone("a runbook that is not there", "runbook: docs/runbooks/zone.md", "runbook: docs/zone.md", "no file of this"),
    zone("a runbook outside of the repository", "docs/runbooks/zone.md", "../zone.md", "runbook is"),
    zone("a runbook by http", "docs/runbooks/zone.md", "http://x/y", "runbook is"),
    zone("a channel without its mark", '"#zone-flights"', "zone-flights", "channel is"),
    zone("a channel with a space", '"#zone-flights"', '"#zone flights"', "channel is"),
    zone("a channel that there is not", '"#zone-flights"', '"#zone-flihgts"', 'did you mean "#zone-flights"?'),
    zone("another zone's channel", '"#zone-flights"', '"#zone-weather"', "is not declared"),
    setting("a channel that is none", f"{BASE}/alerts.yml", '"#zone-{zone}"', '"zone {zone}"', "channels[0] is"),
    setting(
        "channels as a text", f"{BASE}/alerts.yml", '["#zone-{zone}"]', '"#zone-{zone}"', "channels must be a list"
    ),
    setting("no channels", f"{BASE}/alerts.yml", '["#zone-{zone}"]', "[]", "channels must have at least 1 entries"),
    zone("a read of a table that is not published", "[hourly_weather]", "[daily_weather]", "not published by weather"),
    zone("a read of a zone that there is not", "zone: weather", "zone: wether", '"wether" is not a zone', "- zone:"),
    zone("a read of itself", "zone: weather", "zone: flights", "is this zone itself", "- zone: flights"),
    zone("a read twice", "[hourly_weather]", "[hourly_weather, hourly_weather]", "is used twice", "tables:"),
    weather(
        "a published table without a model",
        "[hourly_weather]",
        "[hourly_wether]",
        "is no table of a model in dbt/models",
    ),
    weather(
        "a published table of silver",
        "[hourly_weather]",
        "[hourly_observations]",
        "is no table of a model in dbt/models",
    ),
    weather(
        "a pattern that is no expression", "table: weather", 'table: weather\n    pattern: "*.csv"', "no regular exp"
    ),
    weather(
        "a pattern that matches anything", "table: weather", 'table: weather\n    pattern: ".*"', "matches an empty"
    ),
    weather("days with two groups", "table: weather", 'table: weather\n    date_pattern: "(a)(b)"', "has 2 groups"),
    weather("a prefix without its slash", "prefix: incoming/", "prefix: incoming", "prefix is"),
    weather("a prefix that leads out", "prefix: incoming/", "prefix: ../flights/", "prefix is"),
    weather("a prefix that begins with a slash", "prefix: incoming/", "prefix: /incoming/", "prefix is"),
    weather("a folder of jobs", "prefix: incoming/", "prefix: loads/", "hold the same files"),
    zone("a layer that there is not", "\nreads:", "\ngranularity: {iron: model}\nreads:", "granularity", "granularity"),
    zone(
        "a granularity that there is not",
        "\nreads:",
        "\ngranularity: {gold: pod}\nreads:",
        "granularity.gold must be",
        "granularity",
    ),
    zone(
        "Airbyte's connection that is not there",
        "connection: flights_api",
        "connection: flights_ap",
        'did you mean "flights_api"?',
    ),
    zone(
        "a stream that is not there", "stream: flights", "stream: flight", "is no stream of the connection flights_api"
    ),
    Case(
        "zone: another zone's connection",
        WEATHER,
        'kind: files\n    prefix: incoming/\n    table: weather\n    null_if: [NA, ""]',
        "kind: airbyte\n    connection: flights_api\n    stream: flights\n    table: weather",
        "which is not this zone's",
        "connection:",
    ),
    # --- schedules
    schedule("never", "0 0 30 2 *", "which never fires: feb has no day 30"),
    schedule("never in April", "0 0 31 4 *", "which never fires"),
    schedule("months passed over", "0 0 31 * *", "passes over feb, apr"),
    schedule("leap years", "0 0 29 2 *", "every fourth year"),
    schedule("a word", "daily", "which is no cron line"),
    schedule("a nickname without a time", "@once", "write five fields"),
    schedule("four fields", "0 5 * *", "which is no cron line"),
    schedule("six fields", "0 0 5 * * *", "which is no cron line"),
    schedule("minute 60", "60 5 * * *", "which goes from 0 to 59"),
    schedule("hour 24", "0 24 * * *", "which goes from 0 to 23"),
    schedule("a day of the month and a weekday", "0 5 1 * 1", "leave one of them *"),
    schedule("every minute of an hour", "* 5 * * *", "fires in every minute of that time"),
    schedule("an uneven step", "*/45 * * * *", "is not every 45"),
    schedule("every five hours", "0 */5 * * *", "is not every 5"),
    schedule("a range backwards", "0 22-2 * * *", "ends before it begins"),
    schedule("a step of nothing", "*/0 * * * *", "a step of nothing"),
    schedule("an hour in words", "0 noon * * *", 'has "noon" as hour'),
    schedule("the last day", "0 5 L * *", 'has "L" as day of the month'),
    # --- contracts
    planes(
        "a misspelt key", "        description: Tail number.", "        descripton: Tail number.", "descripton is not a"
    ),
    planes(
        "a type that there is not",
        "physicalType: VARCHAR\n        primaryKey",
        "physicalType: BLOB\n        primaryKey",
        "BLOB",
        "physicalType: BLOB",
    ),
    planes("a switch in quotes", "primaryKey: true", 'primaryKey: "yes"', "must be true or false"),
    planes("a number in quotes", "mustBeLessOrEqualTo: 10", 'mustBeLessOrEqualTo: "10"', "must"),
    planes("another table's name", "  - name: planes", "  - name: plans", 'must be "planes"'),
    planes(
        "bounds the wrong way round", "{minimum: 1903, maximum: 2100}", "{minimum: 2100, maximum: 1903}", "no value is"
    ),
    planes("a bound in words", "{minimum: 1903, maximum: 2100}", "{minimum: early}", "is a number"),
    planes("rows between the wrong way round", "[100, 1000000]", "[1000000, 100]", "ends before it begins"),
    planes("rows between three numbers", "[100, 1000000]", "[1, 2, 3]", "must have at most 2 entries"),
    planes("rows between one number", "mustBeBetween: [100, 1000000]", "mustBeBetween: 100", "mustBeBetween"),
    planes("fewer rows than none", "mustBeBetween: [100, 1000000]", "mustBeLessThan: 0", "no load would pass"),
    planes("more than all percent", "mustBeLessOrEqualTo: 10", "mustBeLessOrEqualTo: 110", "between 0 and 100"),
    planes("a unit that there is not", "unit: percent", "unit: permille", "unit"),
    planes("a severity that there is not", "severity: warning", "severity: high", "must be error or warning"),
    planes("a pattern that is none", '"^N[0-9A-Z]+$"', '"^N[0-9A-Z+$"', "is no regular expression"),
    planes("a pattern that looks ahead", '"^N[0-9A-Z]+$"', '"(?=N).+"', "Snowflake has none of it"),
    planes("a pattern that refers back", '"^N[0-9A-Z]+$"', '"(N)\\\\1"', "Snowflake has none of it"),
    planes(
        "a value twice",
        "- value: Rotorcraft",
        "- value: Rotorcraft\n          - value: Rotorcraft",
        "there twice",
        "- value: Rotorcraft\n      - name",
    ),
    planes("a number among texts", "- value: Rotorcraft", "- value: 7", "the column is a text"),
    planes(
        "freshness in months",
        "team:",
        "slaProperties: [{property: freshness, value: 2, unit: months, element: planes.year}]\nteam:",
        "slaProperties",
    ),
    Case("contract: a bound that is no day", OF_WEATHER, '"2000-01-01T00:00:00Z"', '"2000-13-01"', "no day or time"),
    Case(
        "contract: freshness in fortnights",
        OF_WEATHER,
        "team:",
        "slaProperties: [{property: freshness, value: 2, unit: dozen, element: weather.time_hour}]\nteam:",
        'is "dozen"; write s, m, h or d',
    ),
    Case(
        "contract: a fresh value of no time",
        OF_WEATHER,
        "team:",
        "slaProperties: [{property: freshness, value: 2, unit: d, element: weather.temp}]\nteam:",
        "must name a time column",
    ),
    Case(
        "contract: a file that nothing reads",
        "dags/zones/flights/contracts/gliders.odcs.yaml",
        "",
        "a: 1\n",
        "no source in zone.yml reads it",
    ),
    Case(
        "job: a file that nothing reads", "dags/zones/flights/jobs/old.sql", "", "select 1\n", "no source in zone.yml"
    ),
    Case(
        "job: a character that no program takes", "dags/zones/flights/jobs/airports.sql", "select", "select\0", "U+0000"
    ),
    Case("zone: a file of another ending", "dags/zones/flights/zone.yaml", "", "zone: flights\n", "is zone.yml"),
    job("a word that is misspelt", "select", "selct", "is no SQL of Postgres", "    faa"),
    job("a comma before from", "    tzone\n", "    tzone,\n", "has , before from; remove it", "    tzone,"),
    job(
        "a quote that stays open", "from airports", "from airports where faa = 'x", "is no SQL of Postgres", "from air"
    ),
    job("two statements", "order by faa", "order by faa; drop table airports", "holds 2 statements"),
    job("no query", "select\n    faa,", "delete from airports where 1 in (faa,", "is no SQL", "from airports\norder"),
    job("a change", "from airports", "from (delete from airports returning *) as x", "is no SQL", ""),
    job("a lock", "order by faa", "order by faa for update", "writes or locks"),
    job("a parameter", "from airports", "from airports where faa = $1", "a parameter"),
    job("a column of the contract that it lacks", "    alt,\n", "", 'lacks the column "alt" of its contract'),
    job("a column twice", "    alt,\n", "    alt,\n    alt,\n", 'two columns called "alt"'),
    job("a join of everything", "from airports", "from airports join cities", "has a join without on or using"),
    job("another language's ==", "from airports", "from airports where faa == 'x'", "has ==", "from airports"),
    job(
        "a semicolon inside",
        "order by faa",
        "order by faa; -- the end",
        "has a semicolon before its end",
        "order by",
    ),
    # --- SQL of contracts and zone files
    condition("a column that there is not", "arr_tiem is null", 'did you mean "arr_time"?'),
    condition("a function that there is not", "lenght(carrier) = 2", 'did you mean "length"?'),
    condition("no condition", "distance + 1", "which is true or false, and is a number"),
    condition("half a sentence", "arr_time is null or", "no SQL of Snowflake"),
    condition("a statement", "drop table flights", "must be a condition"),
    condition("two statements", "true; drop table flights", "must be one expression"),
    condition("a way out of its parentheses", "true) or (true", "no SQL of Snowflake"),
    condition("a query", "carrier in (select name from airlines)", "and no query"),
    condition("an aggregate", "count(*) > 1", "of a single row"),
    condition("a text compared with a number", "carrier > 5", "compares carrier, which is a text"),
    condition("a number compared with a text", "distance = 'far'", "which is a number, with 'far'"),
    condition("a time compared with no time", "time_hour > 'noon'", "write it as 'YYYY-MM-DD'"),
    condition("a text as a condition", "carrier or origin", "as a condition"),
    condition("a comment", "true -- and no more", "holds a comment"),
    condition("template marks", '"{{ x }}"', "template marks"),
    condition("too few arguments", "iff(distance > 1)", "with 1 argument, and it takes 3"),
    condition("too many arguments", "upper(carrier, origin) = 'AA'", "with 2 arguments, and it takes 1"),
    condition("a text where a number belongs", "abs(carrier) > 1", "abs with carrier, which is a text"),
    query("too few arguments", "select sum() from ${object}", "calls sum with 0 arguments, and it takes 1"),
    day("too few arguments", "date_from_parts(year, month)", "with 2 arguments, and it takes 3"),
    query("a column that there is not", "select count(dep_tiem) from ${object}", 'did you mean "dep_time"?'),
    query("another table", "select count(*) from planes", "reads planes"),
    query("another database's table", "select count(*) from PROD_WEATHER.GOLD.candidate", "reads PROD_WEATHER"),
    query("no query", "delete from ${object}", "must be one select"),
    query("many rows", "select distance from ${object}", "may return several rows"),
    query("rows by group", "select count(*) from ${object} group by carrier", "may return several rows"),
    query("two columns", "select count(*), max(distance) from ${object}", "returns 2 columns"),
    query("a text", "select max(carrier) from ${object}", "returns a text"),
    query("a misspelt function", "select cuont(*) from ${object}", 'did you mean "count"?'),
    query("a misspelt word", "selct count(*) from ${object}", "is no SQL of Snowflake"),
    day("a column that there is not", "date_from_parts(yaer, month, day)", 'did you mean "year"?'),
    day("a number", "year * 10000", "must be a date, and is a number"),
    day("a text", "carrier", "must be a date, and is a text"),
    day("a function that there is not", "date_of(year, month, day)", "is not a function"),
    # --- settings
    setting("an unknown key", f"{BASE}/k8s.yml", "namespace:", "namspace:", "namspace is not a key"),
    setting(
        "a file that nothing reads", f"{LOCAL}/k8s.yaml", "", "namespace: x\n", "is not a file that anything reads"
    ),
    setting("a unit that there is not", f"{LOCAL}/k8s.yml", "startup_timeout: 2m", "startup_timeout: 2w", "2w"),
    setting(
        "a duration without a unit", f"{LOCAL}/k8s.yml", "startup_timeout: 2m", "startup_timeout: 2", "with a unit"
    ),
    setting("a duration of nothing", f"{LOCAL}/airbyte.yml", "poll_interval: 1s", "poll_interval: 0s", "above 0"),
    setting(
        "a clock that rings after the end",
        f"{LOCAL}/airbyte.yml",
        "deadline: 20m",
        "deadline: 1m",
        "stalled_after is longer than deadline",
        "stalled_after",
    ),
    setting("a date that there is not", f"{BASE}/airflow.yml", '"2026-01-01"', '"2026-02-30"', "start_date"),
    setting(
        "a number in quotes", f"{BASE}/airflow.yml", "retries: 2", 'retries: "2"', "retries must be a whole number"
    ),
    setting("a number below its bound", f"{BASE}/airflow.yml", "retries: 2", "retries: -1", "must be at least 0"),
    setting("a switch in quotes", f"{BASE}/permissions.yml", "apply: false", 'apply: "false"', "must be true or false"),
    setting("a schedule that never fires", f"{BASE}/permissions.yml", "0 6 * * *", "0 6 31 2 *", "never fires"),
    setting(
        "a runbook that is not there", f"{BASE}/permissions.yml", "docs/permissions.md", "docs/rights.md", "no file"
    ),
    setting(
        "a pool that there is not",
        f"{LOCAL}/k8s.yml",
        "resources:",
        "layers: {gold: {pool: light}}\nresources:",
        'layers.gold.pool "light" is not declared',
    ),
    setting(
        "a layer that there is not", f"{LOCAL}/k8s.yml", "resources:", "layers: {gild: {cpu: 1m}}\nresources:", "gild"
    ),
    setting("a tag that moves", f"{LOCAL}/deploy.yml", "assay/dbt: local", "assay/dbt: latest", "latest"),
    setting(
        "a tag that is a number", f"{LOCAL}/deploy.yml", "assay/dbt: local", "assay/dbt: 1.10", "write it in quotes"
    ),
    setting(
        "text where a mapping belongs",
        f"{LOCAL}/deploy.yml",
        "tags:\n  assay/dbt: local\n  assay/loader: local",
        "tags: local",
        "tags must be a mapping",
    ),
    setting(
        "an address with a login", f"{LOCAL}/lineage.yml", "file: lineage.jsonl", "url: https://me:x@host", "url is"
    ),
    setting(
        "two places for events", f"{LOCAL}/lineage.yml", "file: lineage.jsonl", "file: a\nurl: https://host", "both"
    ),
    setting(
        "a variable of Airflow", f"{LOCAL}/lineage.yml", "lineage.jsonl", "'{{ var.value.x }}'", "Airflow variable"
    ),
    setting(
        "a name that Kubernetes does not take", f"{BASE}/k8s.yml", "namespace: assay", "namespace: As_say", "namespace"
    ),
    setting(
        "an account with another placeholder", f"{BASE}/k8s.yml", "pods-{zone}", "pods-{env}", "service_account_name"
    ),
    # --- roles
    roles(
        "an unknown key",
        "{member_of: [prod_flights_analyst, prod_weather_analyst]}",
        "{membr_of: []}",
        "membr_of is not",
    ),
    roles(
        "a text where a list belongs", "member_of: [prod_weather_owner]", "member_of: prod_weather_owner", "member_of"
    ),
    roles(
        "a role that there is not", "[prod_weather_owner]", "[prod_weather_ownr]", "did you mean prod_weather_owner?"
    ),
    roles("a protected role", "[prod_weather_owner]", "[accountadmin]", "accountadmin is protected"),
    roles("a person twice", "  - lena_brandt", "  - anna_keller\n  - lena_brandt", "listed twice", "users:"),
    roles("no users", "users:", "usrs:", "usrs is not a key"),
    roles("users left out", "\nusers:", "\ndatabases:", "users is missing", "version:"),
    roles("an address that is none", "email: mara.lind@example.com", "email: mara", "email is"),
    roles("a switch that is a word", "- lena_brandt: {", '- lena_brandt: {can_login: "no", ', "must be true or false"),
    # --- Airbyte
    airbyte("an unknown key", CONNECTION, "source:", "sorce:", "sorce is not a key"),
    airbyte(
        "a source that there is not", CONNECTION, "source: flights_api", "source: flights", "is not in airbyte/sources"
    ),
    airbyte("a mode that there is not", CONNECTION, "incremental_append", "incremental", "sync_mode must be"),
    airbyte(
        "a stream that the connector has not", CONNECTION, "name: flights\n", "name: legs\n", "is no stream of the"
    ),
    airbyte(
        "streams as a text",
        CONNECTION,
        "streams:\n  - name: flights\n    sync_mode: incremental_append",
        "streams: flights",
        "streams must be a list",
    ),
    airbyte("a secret in git", SOURCE, "${FLIGHTS_API_TOKEN}", "hunter2", "is a secret; write ${NAME}", "api_key"),
    airbyte(
        "a connector that there is not", SOURCE, "connector: flights_api", "connector: flights_ap", "not in airbyte/con"
    ),
    airbyte("placeholders without a secret", SOURCE, "secret: syncs/flights_api\n", "", "secret is missing", "name:"),
    airbyte(
        "a secret that nobody declared", DESTINATION, "warehouse-flights-loader", "warehouse-flight-loader", "no zone"
    ),
    airbyte(
        "a name that the secret does not hold",
        DESTINATION,
        "${SNOWFLAKE_ROLE}",
        "${SNOWFLAKE_ROL}",
        "does not hold",
        "secret:",
    ),
    airbyte("a guess in a manifest", MANIFEST, "type: InlineSchemaLoader", "type: NO", "NO, which YAML readers"),
    # --- YAML files that other programs read
    file(
        "dbt: a key twice",
        DBT_WEATHER,
        "  - name: weather_approved",
        "  - name: x\n    name: y",
        "name is written twice",
        "    name: y",
    ),
    file("dbt: a word that may be false", DBT_WEATHER, "schema: BRONZE", "schema: off", "off, which YAML readers take"),
    file(
        "dbt: freshness of a source",
        DBT_WEATHER,
        "    schema: BRONZE",
        "    freshness: {warn_after: {count: 1, period: day}}",
        "sources[0].freshness is read by nothing here",
        "    freshness",
    ),
    file(
        "dbt: freshness under config",
        DBT_WEATHER,
        "    config:\n",
        "    config:\n      freshness: {}\n",
        "sources[0].config.freshness is read by nothing",
        "      freshness",
    ),
    file(
        "dbt: when a row was loaded",
        DBT_WEATHER,
        "      - name: src_weather",
        "      - loaded_at_field: x\n        name: src_weather",
        "sources[0].tables[0].loaded_at_field is read by nothing",
    ),
    file(
        "dbt: freshness for all sources",
        "dbt/dbt_project.yml",
        "seeds:\n",
        "sources:\n  +freshness: {}\nseeds:\n",
        "sources.+freshness is read by nothing",
        "  +freshness",
    ),
    file("Helm: a key twice", "helm/assay/values-prod.yaml", "\n", "\na: 1\na: 2\n", "a is written twice", "a: 2"),
    file(
        "Helm: a merge key",
        "helm/airflow/values.yaml",
        "&small\n",
        "&small\n    <<: *restricted\n",
        "<< is a key that is no text",
        "    <<",
    ),
    file(
        "Ansible: an octal mode",
        "ansible/platform.yml",
        "- name",
        "- mode: 0644\n  name",
        "0644, which YAML readers take",
    ),
    file("GitLab: a tag that it does not know", ".gitlab-ci.yml", "!reference", "!refrence", "!refrence is a tag"),
    file(
        "a policy's exceptions: a day that is no text",
        "terraform/policy/exceptions.yml",
        '"2027-06-30"',
        "2027-06-30",
        "2027-06-30, which YAML readers take",
    ),
    # --- dbt's project
    Case(
        "gold: no contract",
        DAILY,
        "contract:\n        enforced: true",
        "alias: daily_weather",
        "is not enforced",
        "config:",
        DAILY,
    ),
    Case("gold: a contract that is off", DAILY, "enforced: true", "enforced: false", "is not enforced", "contract:"),
    Case(
        "gold: a column without type",
        DAILY,
        "        data_type: date\n",
        "",
        "data_type of the gold model",
        "- name: observed_date",
    ),
    Case("gold: a number without digits", DAILY, "number(18, 0)", "number", "Snowflake would round"),
    Case("gold: a model without YAML", "dbt/models/weather/gold/more.sql", "", "select 1 as number\n", "no YAML file"),
    Case(
        "dbt: variables",
        "dbt/dbt_project.yml",
        "flags:",
        "vars:\n  miles: 1.6\nflags:",
        "vars is not supported",
        "vars:",
    ),
    Case("dbt: a file of variables", "dbt/vars.yml", "", "vars:\n  miles: 1.6\n", "is not supported"),
    Case(
        "dbt: a blank at the end of a seed", SEED, "YV,Mesa Airlines Inc.\n", "YV,Mesa Airlines Inc. \n", "with a blank"
    ),
    Case("dbt: a blank before a seed", SEED, "carrier,name", " carrier,name", "with a blank"),
    # --- DAG files
    dag("a call that is misspelt", PIPELINE, "dag = pipelin(__file__)", "nothing else", "dag ="),
    dag("a DAG that is not kept", PIPELINE, "pipeline(__file__)", "nothing else", "pipeline(__file__)"),
    dag("another file's DAG", PIPELINE, 'dag = pipeline("flights.py")', "nothing else", "dag ="),
    dag("no Python", PIPELINE, "dag = pipeline(__file__", "is no Python", "dag ="),
    dag("no import", f"{IMPORT}\n", "", "does not import the pipeline", '"""The'),
    dag("more than the pipeline", PIPELINE, f"import os\n{PIPELINE}", "nothing else", "import os"),
    Case(
        "DAG file: a DAG without a zone", "dags/trains.py", "", f"{IMPORT}\n\n{PIPELINE}\n", "there is no zones/trains"
    ),
    Case(
        "zone: a folder without a file",
        "dags/zones/trains/contracts/a.odcs.yaml",
        "",
        "a: 1\n",
        "there is no such file",
        shown="zones/trains/zone.yml",
    ),
]
