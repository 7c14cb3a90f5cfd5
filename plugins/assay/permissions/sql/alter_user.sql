alter user {{ name | path }} set {{ key }} = {{ value | path }}
