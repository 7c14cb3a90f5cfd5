"""S3, Secrets Manager and SQS as a part: moto behind a check of signatures and rights, with a write-ahead journal."""
