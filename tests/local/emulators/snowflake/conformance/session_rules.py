"""Sessions: which roles are active in them, how long they live, what they may set, and who changes a user."""

from .answers import Error, Refused
from .rules import ADMIN, ONE, TWO, Column, Denied, Missing, Rule, Rules

SECONDARY = "sql-reference/sql/use-secondary-roles"
USE_ROLE = "sql-reference/sql/use-role"
USER = "sql-reference/sql/alter-user"
DROP_USER = "sql-reference/sql/drop-user"
SHOW_USERS = "sql-reference/sql/show-users"
PARAMETERS = "sql-reference/parameters"
TABLE = (ADMIN, "create table t as select 1 as a")
READER = (
    TABLE,
    (ADMIN, "create role {db}_reader"),
    (ADMIN, "grant select on table t to role {db}_reader"),
    (ADMIN, "grant role {db}_reader to user {one}"),
)
DEFAULT = "comment = 'with the default secondary roles'"

# fmt: off
RULES: Rules = {
    SECONDARY: [
        Rule("with secondary roles ALL the privileges of every granted role hold",
             [*READER, (ONE, "select a from t", Missing()), (ONE, "use secondary roles all"),
              (ONE, "select a from t", [(1,)]), (ONE, "use secondary roles none"),
              (ONE, "select a from t", Missing())]),
        Rule("secondary roles are ALL for a user of whom nothing else is said",
             [*READER, (ONE, "select a from t", [(1,)])], DEFAULT),
        Rule("secondary roles are none with DEFAULT_SECONDARY_ROLES = ()",
             [*READER, (ONE, "select a from t", Missing())]),
        Rule("DEFAULT_SECONDARY_ROLES is read at login",
             [*READER, (ADMIN, "alter user {one} set default_secondary_roles = ('ALL')"),
              (ONE, "select a from t", [(1,)])]),
        Rule("objects are created by the primary role alone",
             [(ADMIN, "create role {db}_maker"), (ADMIN, "grant create table on schema s to role {db}_maker"),
              (ADMIN, "grant role {db}_maker to user {one}"), (ONE, "create table mine (a int)", Denied()),
              (ONE, "use role {db}_maker"), (ONE, "create table mine (a int)")], DEFAULT),
        Rule("what is created belongs to the primary role",
             [(ADMIN, "create role {db}_other"), (ADMIN, "grant role {db}_other to user {one}"),
              (ADMIN, "grant create table on schema s to role {one}"), (ONE, "create table mine (a int)"),
              (ADMIN, "show grants on table mine", Column(("grantee_name",), [("{one}",)]))], DEFAULT),
        Rule("roles that are granted and revoked count from the next statement on",
             [*READER, (ONE, "select a from t", [(1,)]), (ADMIN, "revoke role {db}_reader from user {one}"),
              (ONE, "select a from t", Missing()), (ADMIN, "grant role {db}_reader to user {one}"),
              (ONE, "select a from t", [(1,)])], DEFAULT),
        Rule("CURRENT_SECONDARY_ROLES says what is active",
             [(ONE, "select current_secondary_roles()", [('{"roles":"","value":""}',)]),
              (ONE, "use secondary roles all"),
              (ONE, "select parse_json(current_secondary_roles()):value::string", [("ALL",)])]),
        Rule("naming single secondary roles is refused by name",
             [(ONE, "use secondary roles {one}", Refused("does not support USE SECONDARY ROLES"))]),
        Rule("DEFAULT_SECONDARY_ROLES is ALL or nothing",
             [(ADMIN, "alter user {one} set default_secondary_roles = ('PUBLIC')", Error("invalid value"))]),
    ],
    USE_ROLE: [
        Rule("a role that was not granted is not used",
             [(ONE, "use role {two}", Error("is not assigned to the executing user")),
              (ONE, "use role accountadmin", Error("is not assigned to the executing user"))]),
        Rule("a role that does not exist is not used either",
             [(ONE, "use role {db}_nobody", Error("is not assigned to the executing user"))]),
        Rule("a role that a granted role inherits may be used",
             [(ADMIN, "grant role {two} to role {one}"), (ONE, "use role {two}"),
              (ONE, "select current_role() = '{two}'", [(True,)])]),
        Rule("PUBLIC may be used by everybody", [(ONE, "use role public"), (ONE, "select 1", [(1,)])]),
        Rule("a session whose role was revoked does nothing in it, and may use another",
             [(ONE, "select 1", [(1,)]), (ADMIN, "revoke role {one} from user {one}"),
              (ONE, "select 1", Error("is not assigned to the executing user")),
              (ONE, "use role public"), (ONE, "select 1", [(1,)])]),
        Rule("a session whose role was dropped does nothing in it",
             [(ONE, "select 1", [(1,)]), (ADMIN, "drop role {one}"),
              (ONE, "select 1", Error("is not assigned to the executing user"))]),
    ],
    DROP_USER: [
        Rule("a dropped user's session ends with the next statement",
             [(ONE, "select 1", [(1,)]), (ADMIN, "drop user {one}"), (ONE, "select 1", Error("New login required"))]),
        Rule("a disabled user's session does nothing until the user is enabled",
             [(ONE, "select 1", [(1,)]), (ADMIN, "alter user {one} set disabled = true"),
              (ONE, "select 1", Error("disabled")), (ADMIN, "alter user {one} set disabled = false"),
              (ONE, "select 1", [(1,)])]),
        Rule("only a user's owner drops it, and MANAGE GRANTS does not own",
             [(ADMIN, "grant manage grants on account to role {one}"), (ONE, "drop user {two}", Denied()),
              (ADMIN, "grant ownership on user {two} to role {one}"), (ONE, "drop user {two}")]),
        Rule("users are made by who holds CREATE USER",
             [(ONE, "create user {db}_new", Denied()), (ADMIN, "grant create user on account to role {one}"),
              (ONE, "create user {db}_new"), (ONE, "drop user {db}_new")]),
    ],
    USER: [
        Rule("people set their own default role, warehouse and namespace",
             [(ONE, "alter user {one} set default_namespace = '{db}.S' default_warehouse = compute_wh "
                    "default_role = public")]),
        Rule("people do not set their own password, type or key",
             [(ONE, "alter user {one} set password = 'mine'", Denied()),
              (ONE, "alter user {one} set type = service", Denied()),
              (ONE, "alter user {one} set disabled = false", Denied()),
              (ONE, "alter user {one} unset password", Denied())]),
        Rule("people do not set anything of others", [(ONE, "alter user {two} set default_role = public", Denied())]),
        Rule("MANAGE GRANTS is no right to change users",
             [(ADMIN, "grant manage grants on account to role {one}"),
              (ONE, "alter user {two} set comment = 'x'", Denied())]),
        Rule("a user's owner changes it",
             [(ADMIN, "grant ownership on user {two} to role {one}"), (ONE, "alter user {two} set comment = 'x'"),
              (ADMIN, "alter user {two} set comment = 'y'", Denied())]),
        Rule("an unknown property of a user is an error",
             [(ADMIN, "alter user {one} set no_such_property = 1", Error("invalid property 'NO_SUCH_PROPERTY'"))]),
        Rule("a user of type SERVICE has no password",
             [(ADMIN, "alter user {one} set type = service", Error("cannot have a password"))]),
        Rule("a user who does not exist is not altered, unless that does not matter",
             [(ADMIN, "alter user {db}_nobody set comment = 'x'", Missing()),
              (ADMIN, "alter user if exists {db}_nobody set comment = 'x'")]),
    ],
    SHOW_USERS: [
        Rule("everybody sees the names of users, and of others nothing more",
             [(ONE, "show users like '{two}'", Column(("name", "login_name", "has_password", "owner"),
                                                      [("{two}", None, None, None)]))]),
        Rule("who may create users sees all of them",
             [(ADMIN, "grant create user on account to role {one}"),
              (ONE, "show users like '{two}'", Column(("name", "has_password"), [("{two}", "true")]))]),
        Rule("a user is described to itself and its owner",
             [(TWO, "describe user {one}", Missing()), (ONE, "describe user {one}"), (ADMIN, "describe user {one}")]),
    ],
    PARAMETERS: [
        Rule("an unknown session parameter is an error",
             [(ONE, "alter session set no_such_parameter = 1", Error("invalid parameter 'NO_SUCH_PARAMETER'")),
              (ONE, "alter session unset no_such_parameter", Error("invalid parameter 'NO_SUCH_PARAMETER'"))]),
        Rule("a session parameter with another value than holds here is refused by name",
             [(ONE, "alter session set timezone = 'Europe/Berlin'", Refused("session parameter TIMEZONE")),
              (ONE, "alter session set quoted_identifiers_ignore_case = true",
               Refused("session parameter QUOTED_IDENTIFIERS_IGNORE_CASE"))]),
        Rule("a query tag is kept, shown, and unset",
             [(ONE, "alter session set query_tag = 'x'"),
              (ONE, "show parameters like 'query_tag' in session", Column(("key", "value"), [("QUERY_TAG", "x")])),
              (ONE, "alter session unset query_tag"),
              (ONE, "show parameters like 'query_tag' in session", Column(("key", "value"), [("QUERY_TAG", "")]))]),
        Rule("parameters of the account are refused by name",
             [(ADMIN, "alter account set timezone = 'UTC'", Refused("does not support"))]),
    ],
}
# fmt: on
