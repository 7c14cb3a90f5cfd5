{{ smoke_values_kept(ref('daily_punctuality'), 'flight_date') }}
