create {{ kind }} if not exists {{ name | path }} comment = {{ comment | literal }}
