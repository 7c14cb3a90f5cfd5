select system$cancel_query(%(query)s)
