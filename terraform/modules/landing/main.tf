# Where files arrive: one bucket with a folder per zone, its key, and a queue per zone that tells Airflow of new files.

resource "aws_kms_key" "this" {
  description             = "Files that land, and the queues that tell of them"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountDecides"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "S3TellsTheQueues"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-landing"
  target_key_id = aws_kms_key.this.key_id
}

module "bucket" {
  source    = "../bucket"
  name      = "${var.name}-landing"
  key_arn   = aws_kms_key.this.arn
  keep_days = var.keep_days
}

resource "aws_sqs_queue" "missed" {
  for_each                  = var.zones
  name                      = "${var.name}-${each.key}-landed-missed"
  kms_master_key_id         = aws_kms_alias.this.name
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "landed" {
  for_each                   = var.zones
  name                       = "${var.name}-${each.key}-landed"
  kms_master_key_id          = aws_kms_alias.this.name
  visibility_timeout_seconds = 120
  receive_wait_time_seconds  = 20
  redrive_policy = jsonencode({
    deadLetterTargetArn = "arn:aws:sqs:${var.region}:${var.account_id}:${aws_sqs_queue.missed[each.key].name}"
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue_policy" "landed" {
  for_each  = var.zones
  queue_url = aws_sqs_queue.landed[each.key].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyTheBucketTells"
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:${var.region}:${var.account_id}:${var.name}-${each.key}-landed"
      Condition = {
        ArnEquals    = { "aws:SourceArn" = module.bucket.arn }
        StringEquals = { "aws:SourceAccount" = var.account_id }
      }
    }]
  })
}

resource "aws_s3_bucket_notification" "landed" {
  bucket = module.bucket.name
  dynamic "queue" {
    for_each = var.zones
    content {
      id            = queue.value
      queue_arn     = aws_sqs_queue.landed[queue.value].arn
      events        = ["s3:ObjectCreated:*"]
      filter_prefix = "${queue.value}/incoming/"
    }
  }
  depends_on = [aws_sqs_queue_policy.landed]
}

# Snowflake reads and lists; it never writes here, and deletes only what pods of ours wrote for a load: housekeeping.
resource "aws_iam_role" "snowflake" {
  name = var.role_name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = var.snowflake.user }
      Condition = { StringEquals = { "sts:ExternalId" = var.snowflake.external_id } }
    }]
  })
}

resource "aws_iam_role_policy" "snowflake" {
  name = "read-landing"
  role = aws_iam_role.snowflake.id
  policy = templatefile("${path.module}/policies/snowflake.json.tftpl", {
    name      = var.name
    keys      = "arn:aws:kms:${var.region}:${var.account_id}:key/*"
    landing   = module.bucket.arn
    removable = jsonencode([for zone in var.zones : "${module.bucket.arn}/${zone}/loads/*"])
  })
}
