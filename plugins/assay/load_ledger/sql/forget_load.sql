delete from {{ register }}.loads where load_id = %(load_id)s
