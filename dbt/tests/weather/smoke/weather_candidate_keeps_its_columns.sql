{{ smoke_columns_kept([ref('hourly_weather'), ref('daily_weather')]) }}
