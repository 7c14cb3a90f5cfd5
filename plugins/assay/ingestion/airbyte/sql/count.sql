select count(*) as records from {{ load_table }}
