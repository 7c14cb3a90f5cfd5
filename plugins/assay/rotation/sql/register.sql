alter user {{ user | quoted }} set {{ slot }} = {{ public_key | literal }}
