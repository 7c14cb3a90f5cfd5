"""What becomes of rights when objects are replaced, cloned, swapped or read through views; stages and integrations."""

from .answers import Error, Refused
from .rules import ADMIN, ONE, TWO, Column, Denied, Missing, Put, Rule, Rules

CREATE_TABLE = "sql-reference/sql/create-table"
CREATE_VIEW = "sql-reference/sql/create-view"
CLONING = "user-guide/object-clone"
ALTER_TABLE = "sql-reference/sql/alter-table"
ALTER_SCHEMA = "sql-reference/sql/alter-schema"
STAGE = "sql-reference/sql/create-stage"
INTEGRATION = "sql-reference/sql/create-storage-integration"
INFORMATION_SCHEMA = "sql-reference/info-schema"
TABLE = (ADMIN, "create table t as select 1 as a")
SELECT = (ADMIN, "grant select on table t to role {one}")
READ = (ONE, "select a from t", [(1,)])
HIDDEN = (ONE, "select a from t", Missing())
FUTURE = (ADMIN, "grant select on future tables in schema s to role {two}")
URL = "s3://landing/{db}/"
MAY_STAGE = (ADMIN, "grant create stage on schema s to role {one}")
ARN = "arn:aws:iam::123456789012:role/x"
MADE = (
    "create storage integration {db}_i type = external_stage storage_provider = 'S3' enabled = {enabled} "
    f"storage_aws_role_arn = '{ARN}' storage_allowed_locations = ('s3://landing/{{db}}/')"
)
MAKE = MADE.replace("{enabled}", "true")

# fmt: off
RULES: Rules = {
    CREATE_TABLE: [
        Rule("a replaced table has lost its grants",
             [TABLE, SELECT, READ, (ADMIN, "create or replace table t as select 1 as a"), HIDDEN]),
        Rule("COPY GRANTS keeps those of what is replaced",
             [TABLE, SELECT, (ADMIN, "create or replace table t copy grants as select 1 as a"), READ]),
        Rule("with COPY GRANTS future grants do not apply",
             [FUTURE, TABLE, (ADMIN, "revoke select on table t from role {two}"), SELECT,
              (ADMIN, "create or replace table t copy grants as select 1 as a"), READ,
              (TWO, "select a from t", Missing())]),
        Rule("without COPY GRANTS future grants apply to a replaced table",
             [FUTURE, TABLE, (ADMIN, "create or replace table t as select 1 as a"), (TWO, "select a from t", [(1,)])]),
        Rule("CREATE OR REPLACE needs the ownership of what it replaces",
             [TABLE, SELECT, (ADMIN, "grant create table on schema s to role {one}"),
              (ONE, "create or replace table t (a int)", Denied()), READ]),
        Rule("IF NOT EXISTS leaves a table and its grants as they are",
             [TABLE, SELECT, (ADMIN, "create table if not exists t (b int)"), READ]),
        Rule("what is created belongs to the role that creates it, not to the owner of the schema",
             [(ADMIN, "grant create table on schema s to role {one}"), (ONE, "create table mine as select 1 as a"),
              (ADMIN, "drop table mine", Denied()), (ONE, "drop table mine")]),
    ],
    CREATE_VIEW: [
        Rule("a view is read with its owner's rights, and needs none on its tables",
             [TABLE, (ADMIN, "create view v as select a from t"), (ADMIN, "grant select on view v to role {one}"),
              (ONE, "select a from v", [(1,)]), HIDDEN]),
        Rule("a view whose owner has lost the table is read by nobody",
             [TABLE, SELECT, (ADMIN, "grant create view on schema s to role {one}"),
              (ONE, "create view v as select a from t"), (ONE, "grant select on view v to role {two}"),
              (TWO, "select a from v", [(1,)]), (ADMIN, "revoke select on table t from role {one}"),
              (TWO, "select a from v", Missing())]),
        Rule("a view is made only of what its maker reads",
             [TABLE, (ADMIN, "grant create view on schema s to role {one}"),
              (ONE, "create view v as select a from t", Missing())]),
        Rule("a replaced view has lost its grants, unless it copies them",
             [TABLE, (ADMIN, "create view v as select a from t"), (ADMIN, "grant select on view v to role {one}"),
              (ADMIN, "create or replace view v copy grants as select a from t"), (ONE, "select a from v", [(1,)]),
              (ADMIN, "create or replace view v as select a from t"), (ONE, "select a from v", Missing())]),
        Rule("nothing is written through a view",
             [TABLE, (ADMIN, "create view v as select a from t"),
              (ADMIN, "insert into v values (2)", Error("is a VIEW, not a TABLE"))]),
    ],
    CLONING: [
        Rule("a cloned table has none of the grants of its source",
             [TABLE, SELECT, (ADMIN, "create table u clone t"), (ONE, "select a from u", Missing())]),
        Rule("a table cloned with COPY GRANTS has those of its source",
             [TABLE, SELECT, (ADMIN, "create table u clone t copy grants"), (ONE, "select a from u", [(1,)])]),
        Rule("to clone a table is to read it",
             [TABLE, (ADMIN, "grant insert on table t to role {one}"),
              (ADMIN, "grant create table on schema s to role {one}"), (ONE, "create table u clone t", Denied()),
              SELECT, (ONE, "create table u clone t"), (ONE, "select a from u", [(1,)])]),
        Rule("a cloned schema has no grants of its own, and what is in it keeps its grants",
             [TABLE, SELECT, (ADMIN, "create schema c clone s"), (ONE, "select a from {db}.c.t", Missing()),
              (ADMIN, "grant usage on schema {db}.c to role {one}"), (ONE, "select a from {db}.c.t", [(1,)])]),
        Rule("future grants of a schema are those of its clone too",
             [FUTURE, (ADMIN, "create schema c clone s"), (ADMIN, "grant usage on schema {db}.c to role {two}"),
              (ADMIN, "create table {db}.c.later as select 2 as a"), (TWO, "select a from {db}.c.later", [(2,)])]),
        Rule("a clone of another time is refused by name",
             [TABLE, (ADMIN, "create table u clone t at (offset => -60)", Refused("time travel")),
              (ADMIN, "create schema c clone s at (offset => -60)", Refused("time travel"))]),
    ],
    ALTER_TABLE: [
        Rule("swapped tables take their grants with them, under the other's name",
             [TABLE, SELECT, (ADMIN, "create table u as select 2 as a"), (ADMIN, "alter table t swap with u"), HIDDEN,
              (ONE, "select a from u", [(1,)])]),
        Rule("a swap needs the ownership of both tables",
             [TABLE, (ADMIN, "create table u as select 2 as a"), SELECT,
              (ADMIN, "grant ownership on table u to role {one}"), (ONE, "alter table u swap with t", Denied())]),
        Rule("a renamed table keeps its grants",
             [TABLE, SELECT, (ADMIN, "alter table t rename to u"), (ONE, "select a from u", [(1,)])]),
        Rule("to rename into a schema needs the right to create there",
             [TABLE, (ADMIN, "grant ownership on table t to role {one}"),
              (ONE, "alter table t rename to u", Denied()), (ADMIN, "grant create table on schema s to role {one}"),
              (ONE, "alter table t rename to u")]),
    ],
    ALTER_SCHEMA: [
        Rule("swapped schemas take the grants on them and in them along",
             [TABLE, SELECT, (ADMIN, "create schema other"), (ADMIN, "alter schema {db}.s swap with {db}.other"),
              (ONE, "select a from {db}.s.t", Missing()), (ONE, "select a from {db}.other.t", [(1,)])]),
        Rule("a swap needs the ownership of both schemas",
             [(ADMIN, "create schema other"), (ADMIN, "grant usage on schema {db}.other to role {one}"),
              (ADMIN, "grant ownership on schema {db}.s to role {one} copy current grants"),
              (ONE, "alter schema {db}.s swap with {db}.other", Denied())]),
        Rule("a schema is dropped by its owner alone",
             [(ONE, "drop schema {db}.s", Denied()),
              (ADMIN, "grant ownership on schema s to role {one} copy current grants"), (ONE, "drop schema {db}.s")]),
    ],
    STAGE: [
        Rule("a stage of a private bucket without integration reads nothing",
             [Put("1.csv", b"1\n"), (ADMIN, f"create stage x url = '{URL}'"),
              (ADMIN, "list @x", Error("Access Denied")), TABLE,
              (ADMIN, "copy into t from @x", Error("Access Denied")),
              (ADMIN, "remove @x", Error("Access Denied"))]),
        Rule("credentials of a stage are refused by name",
             [(ADMIN, f"create stage x url = '{URL}' credentials = (aws_key_id = 'a' aws_secret_key = 'b')",
               Refused("CREDENTIALS of a stage"))]),
        Rule("a stage with an integration needs USAGE on it",
             [MAY_STAGE, (ADMIN, MAKE), (ONE, f"create stage x url = '{URL}' storage_integration = {{db}}_i",
              Missing()),
              (ADMIN, "grant usage on integration {db}_i to role {one}"),
              (ONE, f"create stage x url = '{URL}' storage_integration = {{db}}_i"), (ONE, "list @x", []),
              (ADMIN, "drop integration {db}_i")]),
        Rule("a stage names an integration that exists",
             [(ADMIN, f"create stage x url = '{URL}' storage_integration = {{db}}_nothing", Missing())]),
        Rule("to read by a stage needs USAGE on the stage, and none on its integration",
             [Put("1.csv", b"1\n"), (ADMIN, f"create stage x url = '{URL}' storage_integration = landing"),
              (ONE, "list @x", Missing()), (ADMIN, "grant usage on stage x to role {one}"),
              (ONE, "list @x", Column(("name",), [("s3://landing/{db}/1.csv",)]))]),
        Rule("stages are made by who holds CREATE STAGE",
             [(ONE, f"create stage x url = '{URL}'", Denied()), MAY_STAGE, (ONE, f"create stage x url = '{URL}'")]),
        Rule("internal stages, and those of a user or a table, are refused by name",
             [(ADMIN, "create stage x", Refused("internal stages")), TABLE,
              (ADMIN, "list @~", Refused("user stages")), (ADMIN, "list @%t", Refused("table stages"))]),
        Rule("an unknown property of a stage is an error",
             [(ADMIN, f"create stage x url = '{URL}' no_such_property = 1", Error("invalid property"))]),
    ],
    INTEGRATION: [
        Rule("integrations are made by who holds CREATE INTEGRATION",
             [(ONE, MAKE, Denied()), (ADMIN, "grant create integration on account to role {one}"), (ONE, MAKE),
              (ONE, "drop integration {db}_i")]),
        Rule("a stage's URL is in a location that the integration allows",
             [(ADMIN, MAKE), (ADMIN, "create stage x url = 's3://landing/other/' storage_integration = {db}_i",
                              Error("is not allowed by integration")),
              (ADMIN, "create stage x url = 's3://landing/{db}_2/' storage_integration = {db}_i",
               Error("is not allowed by integration")), (ADMIN, "drop integration {db}_i")]),
        Rule("an integration that is not enabled lets no stage in",
             [(ADMIN, MADE.replace("{enabled}", "false")),
              (ADMIN, f"create stage x url = '{URL}' storage_integration = {{db}}_i", Error("is not enabled")),
              (ADMIN, "drop integration {db}_i")]),
        Rule("a stage whose integration was dropped reads nothing",
             [(ADMIN, MAKE), (ADMIN, f"create stage x url = '{URL}' storage_integration = {{db}}_i"),
              (ADMIN, "list @x", []), (ADMIN, "drop integration {db}_i"), (ADMIN, "list @x", Error("Access Denied"))]),
        Rule("an integration is shown to who has something on it",
             [(ADMIN, MAKE), (ONE, "show integrations like '{db}%'", []), (ONE, "describe integration {db}_i",
              Missing()),
              (ADMIN, "grant usage on integration {db}_i to role {one}"),
              (ONE, "show integrations like '{db}%'", Column(("name", "category"), [("{db}_I", "STORAGE")])),
              (ONE, "drop integration {db}_i", Denied()), (ADMIN, "drop integration {db}_i")]),
        Rule("integrations of other kinds, and for other clouds, are refused by name",
             [(ADMIN, MAKE.replace("'S3'", "'GCS'"), Refused("storage integrations for GCS")),
              (ADMIN, "create notification integration n type = queue", Refused("does not support"))]),
    ],
    INFORMATION_SCHEMA: [
        Rule("INFORMATION_SCHEMA shows a role what it may see, and nothing else",
             [TABLE, (ADMIN, "create table u as select 1 as b"), SELECT,
              (ONE, "select table_name from information_schema.tables where table_schema = 'S'", [("T",)]),
              (ONE, "select column_name from information_schema.columns where table_schema = 'S'", [("A",)])]),
        Rule("SHOW shows a role what it may see, and nothing else",
             [TABLE, (ADMIN, "create table u as select 1 as b"), (ONE, "show tables in schema s", []), SELECT,
              (ONE, "show tables in schema s", Column(("name",), [("T",)])),
              (ONE, "show columns in schema s", Column(("column_name",), [("A",)]))]),
        Rule("databases and warehouses that a role has nothing on are not shown to it",
             [(ADMIN, "revoke usage on database {db} from role {one}"), (ONE, "show databases like '{db}'", []),
              (ADMIN, "create warehouse {db}_wh"), (ONE, "show warehouses like '{db}_wh'", [])]),
        Rule("the account's history is not everybody's",
             [(ONE, "select count(*) from snowflake.account_usage.query_history", Missing())]),
    ],
}
# fmt: on
