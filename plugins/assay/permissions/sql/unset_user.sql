alter user {{ name | identifier }} unset {{ key }}
