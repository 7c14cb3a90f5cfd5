variables {
  environment      = "dev"
  landing_url      = "s3://assay-dev-landing/"
  landing_role_arn = "arn:aws:iam::111111111111:role/assay-dev-snowflake-landing"
  retention_days   = 1
  network          = { endpoint_ids = ["vpce-0example"], people_cidrs = ["203.0.113.0/24"] }
  single_sign_on   = { issuer = "https://login.example.com", url = "https://login.example.com/saml", certificate = "public", domains = ["example.com"] }
}

run "programs_come_through_the_private_link_only" {
  command = apply
  assert {
    condition     = length(snowflake_network_policy.services.allowed_network_rule_list) == 1
    error_message = "The services' policy lets another principal in."
  }
}

run "the_whole_internet_is_refused" {
  command = plan
  variables {
    network = { endpoint_ids = ["vpce-0example"], people_cidrs = ["0.0.0.0/0"] }
  }
  expect_failures = [var.network]
}
