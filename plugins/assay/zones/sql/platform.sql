create database if not exists {{ platform }};
create schema if not exists {{ register }};
