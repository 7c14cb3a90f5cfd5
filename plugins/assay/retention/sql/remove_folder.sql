remove {{ ('@' ~ stage ~ '/' ~ folder) | literal }}
