alter schema {{ names.schema(one) }} swap with {{ names.schema(other) }}
