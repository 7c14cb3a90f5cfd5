-- Every airport the company knows, as its reference data has it today.
select
    faa,
    name,
    lat,
    lon,
    alt,
    tz,
    dst,
    tzone
from airports
order by faa
