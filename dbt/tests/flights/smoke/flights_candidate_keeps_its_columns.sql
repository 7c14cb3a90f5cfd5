{{ smoke_columns_kept([ref('daily_punctuality'), ref('delay_by_weather'), ref('fleet_age')]) }}
