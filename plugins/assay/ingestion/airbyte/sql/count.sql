select count(*) as records from {{ branch }}
