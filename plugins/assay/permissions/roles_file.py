"""What a roles.yml may say: Permifrost's format, and beside it database roles, and people's defaults.

Unknown keys are refused: a typo must not take access away.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _listed(value: Any) -> Any:
    """`- name: {…}`, `- name:` or `- name`, several of them, as one mapping. Twice the same name is an error."""
    if not isinstance(value, list):
        raise ValueError("must be a list, with a dash before each name")
    found: dict[Any, Any] = {}
    for entry in value:
        one = {entry: None} if isinstance(entry, str) else entry
        if not isinstance(one, dict) or len(one) != 1:
            raise ValueError(f"every entry is one name, and what is said of it below; this is none: {entry}")
        ((name, said),) = one.items()
        if str(name).upper() in found:
            raise ValueError(f"{name} is listed twice; say everything in one place")
        found[str(name).upper()] = said
    return found


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


NAME = r"^[A-Z0-9_][A-Z0-9_$-]*$"
"""A name with a hyphen, or a digit in front, is written in quotes in SQL, and in upper case, as Permifrost does it."""
Name = Annotated[str, BeforeValidator(_upper), Field(pattern=NAME)]
UserName = Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z0-9_][A-Z0-9_$@.-]*$")]
Path = Annotated[
    str, BeforeValidator(_upper), Field(pattern=r"^[A-Z0-9_][A-Z0-9_$-]*(\.([A-Z0-9_][A-Z0-9_$-]*\*?|\*)){0,2}$")
]
RoleName = Annotated[
    str, BeforeValidator(_upper), Field(pattern=r"^(\*|[A-Z0-9_][A-Z0-9_$-]*(\.[A-Z0-9_][A-Z0-9_$-]*)?)$")
]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Described(Model):
    """What every entry may have. `meta` is a remark for readers; it changes nothing."""

    owner: Name | None = None
    meta: dict[str, Any] = {}


class Levels(Model):
    read: list[Path] = []
    write: list[Path] = []


class Privileges(Model):
    """On databases `db`; on schemas `db.schema`, `db.*`; on tables `db.schema.table`, `db.schema.*`, `db.*.*`."""

    databases: Levels = Levels()
    schemas: Levels = Levels()
    tables: Levels = Levels()


class Owns(Model):
    databases: list[str] = []
    schemas: list[str] = []
    tables: list[str] = []


class Members(Model):
    include: list[RoleName] = []
    exclude: list[RoleName] = []


def _members(value: Any) -> Any:
    return {"include": value} if isinstance(value, list) else value


MemberOf = Annotated[Members, BeforeValidator(_members)]


class RoleEntry(Described):
    member_of: MemberOf = Members()
    warehouses: list[Name] = []
    integrations: list[Name] = []
    privileges: Privileges = Privileges()
    owns: Owns = Owns()


class UserEntry(Described):
    member_of: MemberOf = Members()
    can_login: bool = True
    email: str | None = Field(default=None, pattern=r"^[^\s'\"\\]+@[^\s'\"\\]+$")
    default_role: RoleName | None = None
    default_warehouse: Name | None = None
    owns: Owns = Owns()


class DatabaseEntry(Described):
    """Listed databases, warehouses and integrations are owned by others, and known; an owner is compared."""

    shared: bool = False


class WarehouseEntry(Described):
    size: str | None = None


class IntegrationEntry(Described):
    category: str | None = None


def _version(value: Any) -> Any:
    """Unquoted, YAML makes a number of it."""
    return "1.0" if value in (1, 1.0) and not isinstance(value, bool) else value


class RolesFile(Model):
    """roles.yml. Roles and users must be there, if only as []: a file without users would take every role from all."""

    version: Annotated[Literal["1.0"], BeforeValidator(_version)] = "1.0"
    require_owner: bool = Field(default=False, alias="require-owner")
    databases: Annotated[dict[Name, DatabaseEntry | None], BeforeValidator(_listed)] = {}
    warehouses: Annotated[dict[Name, WarehouseEntry | None], BeforeValidator(_listed)] = {}
    integrations: Annotated[dict[Name, IntegrationEntry | None], BeforeValidator(_listed)] = {}
    roles: Annotated[dict[Name, RoleEntry | None], BeforeValidator(_listed)]
    database_roles: Annotated[dict[RoleName, RoleEntry | None], BeforeValidator(_listed)] = {}
    users: Annotated[dict[UserName, UserEntry | None], BeforeValidator(_listed)]


SWITCHES = ("shared", "can_login", "require-owner")
"""Keys of Permifrost's that are true or false, and that its files write yes and no."""
