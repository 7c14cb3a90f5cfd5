"""What a roles.yml may say: Permifrost's format, and beside it database roles, and people's defaults.

Unknown keys are refused: a typo must not take somebody's access away.
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


NAME = r"^[A-Z_][A-Z0-9_$]*$"
Name = Annotated[str, BeforeValidator(_upper), Field(pattern=NAME)]
Path = Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z_][A-Z0-9_$]*(\.[A-Z0-9_$]*\*?){0,2}$")]
RoleName = Annotated[str, BeforeValidator(_upper), Field(pattern=r"^[A-Z_*][A-Z0-9_$]*(\.[A-Z_][A-Z0-9_$]*)?$")]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


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


class RoleEntry(Model):
    member_of: MemberOf = Members()
    warehouses: list[Name] = []
    privileges: Privileges = Privileges()
    owns: Owns = Owns()
    owner: str | None = None


class UserEntry(Model):
    member_of: MemberOf = Members()
    can_login: bool = True
    email: str | None = Field(default=None, pattern=r"^[^\s'\"\\]+@[^\s'\"\\]+$")
    default_role: RoleName | None = None
    default_warehouse: Name | None = None
    owns: Owns = Owns()
    owner: str | None = None


class OwnedEntry(Model):
    """Databases, warehouses and integrations may be listed, as Permifrost wants it; they are Terraform's."""

    owner: str | None = None
    shared: bool = False
    size: str | None = None
    meta: dict[str, Any] = {}


class RolesFile(Model):
    """roles.yml. Roles and users must be there, if only as []: a file without users would take every role from all."""

    version: Literal["1.0"]
    require_owner: bool = Field(default=False, alias="require-owner")
    databases: Annotated[dict[Name, OwnedEntry | None], BeforeValidator(_listed)] = {}
    warehouses: Annotated[dict[Name, OwnedEntry | None], BeforeValidator(_listed)] = {}
    integrations: Annotated[dict[Name, OwnedEntry | None], BeforeValidator(_listed)] = {}
    roles: Annotated[dict[Name, RoleEntry | None], BeforeValidator(_listed)]
    database_roles: Annotated[dict[RoleName, RoleEntry | None], BeforeValidator(_listed)] = {}
    users: Annotated[dict[Name, UserEntry | None], BeforeValidator(_listed)]
