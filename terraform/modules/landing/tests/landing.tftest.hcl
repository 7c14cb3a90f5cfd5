variables {
  name       = "assay-dev"
  account_id = "111111111111"
  region     = "eu-central-1"
  zones      = ["harbour", "weather"]
  role_name  = "assay-dev-snowflake-landing"
  keep_days  = 30
  snowflake  = { user = "arn:aws:iam::333333333333:user/snowflake", external_id = "EXAMPLE_1" }
}

run "each_zone_hears_of_its_own_files_only" {
  command = plan
  assert {
    condition     = toset([for queue in aws_s3_bucket_notification.landed.queue : queue.filter_prefix]) == toset(["harbour/incoming/", "weather/incoming/"])
    error_message = "A zone's queue listens to its own incoming folder."
  }
}

run "the_warehouse_reads_and_removes_only_what_pods_wrote_for_a_load" {
  command = plan
  assert {
    condition     = !strcontains(aws_iam_role_policy.snowflake.policy, "s3:Put")
    error_message = "Snowflake's role may change files that have landed."
  }
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.snowflake.policy).Statement : [
        for resource in flatten([statement.Resource]) : endswith(resource, "/loads/*")
      ] if strcontains(jsonencode(statement.Action), "s3:Delete")
    ]))
    error_message = "Snowflake's role may remove files that others have dropped."
  }
}
