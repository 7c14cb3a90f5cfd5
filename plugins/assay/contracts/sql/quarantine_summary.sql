{# The files with most quarantined rows, each with one row's reasons; `total` counts the rows of all files. #}
with files as (
    select
        {{ file_column or 'null' }} as file,
        count(*) as rows_kept,
        min(_reasons) as example
    from {{ quarantine }}
    where _load_id = {{ load_id | literal }}
    group by 1
)

select
    file,
    rows_kept,
    example,
    sum(rows_kept) over () as total
from files
order by rows_kept desc, file
limit 5
