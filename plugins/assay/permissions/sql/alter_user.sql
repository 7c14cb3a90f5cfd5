alter user {{ name | identifier }} set {{ key }} = {{ value if key == "DEFAULT_SECONDARY_ROLES" else value | identifier }}
