create role if not exists ASSAY_PERMISSIONS;
grant create role, create user, manage grants on account to role ASSAY_PERMISSIONS;
create user if not exists ASSAY_PERMISSIONS type = service default_role = ASSAY_PERMISSIONS;
alter user ASSAY_PERMISSIONS set rsa_public_key = {{ public_key | literal }};
grant role ASSAY_PERMISSIONS to user ASSAY_PERMISSIONS
