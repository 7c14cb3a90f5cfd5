create database if not exists {{ platform }};
