"""S3, Secrets Manager and SQS as a part: moto's server behind a door that checks keys and a journal that forgets nothing."""
