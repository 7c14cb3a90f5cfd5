update {{ table }} set {{ column | column }} = try_to_number(_row)
