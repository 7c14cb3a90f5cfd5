{{ smoke_rows_kept([ref('hourly_weather'), ref('daily_weather')]) }}
