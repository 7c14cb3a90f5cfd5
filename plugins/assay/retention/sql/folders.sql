list @{{ stage }}/loads/
