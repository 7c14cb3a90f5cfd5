show grants on schema {{ schema }}
