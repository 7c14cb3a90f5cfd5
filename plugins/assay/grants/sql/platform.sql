create database if not exists {{ platform }};
{# The account is the one that the embedded AWS answers for. Terraform makes the integration of a real one. #}
create storage integration if not exists {{ names.storage_integration }} type = external_stage storage_provider = 'S3'
    enabled = true storage_aws_role_arn = 'arn:aws:iam::123456789012:role/{{ names.landing_role }}'
    storage_allowed_locations = ('{{ names.landing_bucket }}/');
