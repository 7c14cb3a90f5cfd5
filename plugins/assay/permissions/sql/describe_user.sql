describe user {{ name | quoted }}
