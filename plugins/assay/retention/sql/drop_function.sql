drop function if exists {{ function }}(varchar, varchar, varchar)
