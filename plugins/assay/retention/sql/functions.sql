show user functions in schema {{ schema }}
