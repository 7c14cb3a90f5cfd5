{{ smoke_values_kept(ref('daily_weather'), 'observed_date') }}
