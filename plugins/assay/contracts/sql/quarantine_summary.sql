{# The files with most quarantined rows, each with one row's reasons. #}
select
    {{ file_column or 'null' }} as file,
    count(*) as rows_kept,
    min(_reasons) as example
from {{ quarantine }}
where _load_id = {{ load_id | literal }}
group by 1
order by 2 desc, 1
limit 5
