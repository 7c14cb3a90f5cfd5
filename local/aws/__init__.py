"""S3, Secrets Manager and SQS as a part: moto behind a door that checks keys, with a journal that forgets nothing."""
