create role if not exists ASSAY_PERMISSIONS;
grant create role, create user, manage grants on account to role ASSAY_PERMISSIONS;
grant database role SNOWFLAKE.GOVERNANCE_VIEWER to role ASSAY_PERMISSIONS;
grant role ASSAY_PERMISSIONS to role SECURITYADMIN;
create warehouse if not exists ASSAY_PERMISSIONS_WH warehouse_size = 'XSMALL' auto_suspend = 60 auto_resume = true;
grant usage on warehouse ASSAY_PERMISSIONS_WH to role ASSAY_PERMISSIONS;
create user if not exists ASSAY_PERMISSIONS type = service
    default_role = ASSAY_PERMISSIONS default_warehouse = ASSAY_PERMISSIONS_WH default_secondary_roles = ()
    rsa_public_key = {{ public_key | literal }};
alter user ASSAY_PERMISSIONS set default_warehouse = ASSAY_PERMISSIONS_WH default_secondary_roles = ();
grant role ASSAY_PERMISSIONS to user ASSAY_PERMISSIONS
