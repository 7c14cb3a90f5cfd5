delete from {{ register }}.verdicts where load_id = %(load_id)s
