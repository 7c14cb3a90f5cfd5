#!/usr/bin/python
"""A role, its privileges on the account, and the service user that has it, in Snowflake."""

from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: snowflake_service_login
short_description: A role with privileges on the account, and a service user that has it
description:
  - Creates what is missing and grants what is not granted; revokes privileges on the account that are not named.
  - Compares before it changes, so a second run changes nothing, and check mode says what a run would do.
options:
  name:
    description: The name of both the role and the user.
    type: str
    required: true
  state:
    description: Whether they are to be there.
    choices: [present, absent]
    default: present
    type: str
  privileges:
    description: Privileges on the account that the role has, and no others.
    type: list
    elements: str
    required: true
  identity:
    description: The ARN of the AWS role that logs in as the user. Empty, no role can. Set when the user is created.
    type: str
    default: ""
  connection:
    description: An administrator's login, as JSON in the form of an Airflow connection.
    type: str
    required: true
author:
  - The platform's team
"""

EXAMPLES = r"""
- name: Terraform's login
  snowflake_service_login:
    name: ASSAY_TERRAFORM
    privileges: [CREATE DATABASE]
    connection: "{{ lookup('amazon.aws.secretsmanager_secret', 'assay/bootstrap/snowflake') }}"
"""

RETURN = r"""
statements:
  description: What was done, or would be in check mode.
  type: list
  returned: always
"""


OPTIONS = ("account", "host", "port", "role", "session_parameters")


def statements(wanted, found):
    """The statements that lead from what is there to what is wanted. Data in, data out.

    `wanted`: name, state, privileges, identity. `found`: role and user (whether they are there), member (whether the
    user has the role), administered (whether SYSADMIN has it), privileges (the role's on the account).
    """
    name, privileges = wanted["name"], {each.upper() for each in wanted["privileges"]}
    made = []
    if wanted["state"] == "absent":
        made += [f'drop user "{name}"'] if found["user"] else []
        return made + ([f'drop role "{name}"'] if found["role"] else [])
    if not found["role"]:
        made.append(f"create role \"{name}\" comment = 'Terraform works as this role'")
    made += [f'grant {each} on account to role "{name}"' for each in sorted(privileges - found["privileges"])]
    made += [f'revoke {each} on account from role "{name}"' for each in sorted(found["privileges"] - privileges)]
    if not found["administered"]:
        made.append(f'grant role "{name}" to role SYSADMIN')
    if not found["user"]:
        identity = f" workload_identity = (type = AWS arn = '{wanted['identity']}')" if wanted["identity"] else ""
        made.append(f"create user \"{name}\" type = SERVICE default_role = '{name}'{identity}")
    if not found["member"]:
        made.append(f'grant role "{name}" to user "{name}"')
    return made


def look(cursor, name):
    def rows(statement):
        cursor.execute(statement)
        titles = [column[0].lower() for column in cursor.description]
        return [dict(zip(titles, row, strict=True)) for row in cursor.fetchall()]

    role = bool(rows(f"show roles like '{name}'"))
    held = rows(f'show grants of role "{name}"') if role else []
    granted = rows(f'show grants to role "{name}"') if role else []
    return {
        "role": role,
        "user": bool(rows(f"show users like '{name}'")),
        "member": any((each["granted_to"], each["grantee_name"]) == ("USER", name) for each in held),
        "administered": any((each["granted_to"], each["grantee_name"]) == ("ROLE", "SYSADMIN") for each in held),
        "privileges": {each["privilege"].upper() for each in granted if each["granted_on"] == "ACCOUNT"},
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "privileges": {"type": "list", "elements": "str", "required": True},
            "identity": {"type": "str", "default": ""},
            "connection": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]
    if not name.replace("_", "").isalnum() or name != name.upper():
        module.fail_json(msg=f'name "{name}" must be capital letters, digits and "_"')
    try:
        login = json.loads(module.params["connection"])
        arguments = {key: value for key, value in login["extra"].items() if key in OPTIONS}
    except (ValueError, KeyError, TypeError, AttributeError):
        module.fail_json(msg="connection must be a JSON object with login, password and extra, as Airflow reads it")
    try:
        import snowflake.connector
    except ImportError:
        module.fail_json(msg="this Python has no snowflake.connector: run `./assay setup`, or name another interpreter")
    try:
        with snowflake.connector.connect(
            user=login["login"], password=login["password"], protocol="https", **arguments
        ) as connection:
            cursor = connection.cursor()
            todo = statements(module.params, look(cursor, name))
            if not module.check_mode:
                for statement in todo:
                    cursor.execute(statement)
    except snowflake.connector.errors.Error as error:
        module.fail_json(msg=f"Snowflake refused: {' '.join(str(error.msg).split())}")
    module.exit_json(changed=bool(todo), statements=todo)


if __name__ == "__main__":
    main()
