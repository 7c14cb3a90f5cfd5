describe user {{ user | quoted }}
