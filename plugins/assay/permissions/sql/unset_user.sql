alter user {{ name | path }} unset {{ key }}
