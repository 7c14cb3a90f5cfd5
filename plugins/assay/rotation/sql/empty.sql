alter user {{ user | quoted }} unset {{ slot }}
