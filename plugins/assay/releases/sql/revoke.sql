revoke {{ privilege }} on schema {{ schema }} from {{ kind }} {{ role }};
