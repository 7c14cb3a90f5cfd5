list @{{ stage }}/{{ prefix }}
