-- What Snowflake's functions mean, as macros of DuckDB. `functions/` decides which call becomes which macro.
-- typeof() is a constant when a statement is planned: of each CASE over it, one branch is left.
-- What must fail is a cast of its message, between marks that `errors` finds: DuckDB's error() forbids the use of a
-- column's alias beside it.

-- texts -------------------------------------------------------------------------------------------------------------
CREATE OR REPLACE MACRO sf_text(x) AS CASE
    WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN CASE
        WHEN isnan(TRY_CAST(x AS DOUBLE)) THEN 'NaN' WHEN isinf(TRY_CAST(x AS DOUBLE)) THEN
            CASE WHEN TRY_CAST(x AS DOUBLE) > 0 THEN 'inf' ELSE '-inf' END
        ELSE printf('%.15g', TRY_CAST(x AS DOUBLE)) END
    WHEN typeof(x) IN ('TIMESTAMP', 'TIMESTAMP_NS', 'TIMESTAMP_S', 'TIMESTAMP_MS')
        THEN strftime(TRY_CAST(x AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')
    WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE'
        THEN strftime(timezone('UTC', TRY_CAST(x AS TIMESTAMPTZ)), '%Y-%m-%d %H:%M:%S.%g') || ' +0000'
    WHEN typeof(x) = 'TIME' THEN left(TRY_CAST(x AS VARCHAR), 8)
    WHEN typeof(x) = 'BLOB' THEN hex(TRY_CAST(x AS BLOB))
    WHEN typeof(x) = 'JSON' THEN CAST(TRY_CAST(x AS VARCHAR) AS JSON) ->> '$'
    ELSE TRY_CAST(x AS VARCHAR) END;
CREATE OR REPLACE MACRO sf_fitting(x, n) AS
    CASE WHEN length(x) > n THEN CAST(CAST('~Unsupported feature: a cast that would cut a text to VARCHAR(' || n || ')~' AS BIGINT) AS VARCHAR) ELSE x END;
CREATE OR REPLACE MACRO sf_stored(x, n) AS
    CASE WHEN length(x) > n THEN CAST(CAST('~String ''' || x || ''' is too long and would be truncated~' AS BIGINT) AS VARCHAR) ELSE x END;
CREATE OR REPLACE MACRO sf_length(x) AS
    CASE WHEN typeof(x) = 'BLOB' THEN octet_length(TRY_CAST(x AS BLOB)) ELSE length(sf_text(x)) END;
CREATE OR REPLACE MACRO sf_octet_length(x) AS
    CASE WHEN typeof(x) = 'BLOB' THEN octet_length(TRY_CAST(x AS BLOB)) ELSE octet_length(encode(sf_text(x))) END;
CREATE OR REPLACE MACRO sf_strtok(x, d, n) AS CASE
    WHEN d = '' THEN CASE WHEN n = 1 AND x <> '' THEN x END
    WHEN n >= 1 THEN list_filter(string_split(translate(x, d, repeat(left(d, 1), length(d))), left(d, 1)), lambda t: t <> '')[CAST(n AS BIGINT)] END;
CREATE OR REPLACE MACRO sf_joined(l, sep) AS
    coalesce(array_to_string(list_transform(l, lambda e: sf_text(e)), sep), '');
CREATE OR REPLACE MACRO sf_of_text(x) AS CASE WHEN typeof(x) IN ('VARCHAR', '"NULL"') THEN TRY_CAST(x AS VARCHAR)
    ELSE CAST(CAST('~Unsupported feature: TRY_CAST of a ' || typeof(x) || ', which Snowflake has for texts only~' AS BIGINT) AS VARCHAR) END;
CREATE OR REPLACE MACRO sf_initcap(x) AS array_to_string(list_transform(
    regexp_extract_all(lower(x), '[^\s!?@"^#$&~_,.:;+\-*%/|\\\[\](){}<>]+|[\s!?@"^#$&~_,.:;+\-*%/|\\\[\](){}<>]+'),
    lambda w: upper(w[1]) || w[2:]), '');
CREATE OR REPLACE MACRO sf_lpad(x, n, pad) AS CASE WHEN n <= 0 THEN '' WHEN pad = '' THEN left(x, CAST(n AS BIGINT)) ELSE lpad(x, CAST(n AS INTEGER), CASE WHEN pad = '' THEN ' ' ELSE pad END) END;
CREATE OR REPLACE MACRO sf_rpad(x, n, pad) AS CASE WHEN n <= 0 THEN '' WHEN pad = '' THEN left(x, CAST(n AS BIGINT)) ELSE rpad(x, CAST(n AS INTEGER), CASE WHEN pad = '' THEN ' ' ELSE pad END) END;
CREATE OR REPLACE MACRO sf_repeat(x, n) AS CASE WHEN n <= 0 THEN '' ELSE repeat(x, CAST(n AS BIGINT)) END;
CREATE OR REPLACE MACRO sf_left(x, n) AS CASE WHEN n <= 0 THEN '' ELSE left(x, CAST(n AS BIGINT)) END;
CREATE OR REPLACE MACRO sf_right(x, n) AS CASE WHEN n <= 0 THEN '' ELSE right(x, CAST(n AS BIGINT)) END;
CREATE OR REPLACE MACRO sf_substr(x, start) AS substr(x, CASE WHEN start = 0 THEN 1 ELSE CAST(start AS BIGINT) END),
    (x, start, n) AS CASE WHEN n <= 0 THEN '' WHEN start < -length(x) THEN ''
        ELSE substr(x, CASE WHEN start = 0 THEN 1 ELSE CAST(start AS BIGINT) END, CAST(n AS BIGINT)) END;
CREATE OR REPLACE MACRO sf_insert(x, start, n, y) AS substr(x, 1, start - 1) || y || substr(x, start + n);
CREATE OR REPLACE MACRO sf_split(x, sep) AS
    CASE WHEN sep = '' THEN to_json([x]) WHEN x IS NULL OR sep IS NULL THEN NULL ELSE to_json(string_split(x, sep)) END;
CREATE OR REPLACE MACRO sf_split_part(x, sep, n) AS CASE
    WHEN sep = '' THEN CASE WHEN n IN (0, 1, -1) THEN x ELSE '' END
    ELSE split_part(x, sep, CASE WHEN n = 0 THEN 1 ELSE CAST(n AS BIGINT) END) END;
CREATE OR REPLACE MACRO sf_position(sought, x) AS CASE WHEN sought = '' THEN 1 ELSE strpos(x, sought) END,
    (sought, x, start) AS CASE WHEN strpos(substr(x, CAST(start AS BIGINT)), sought) = 0 THEN 0
        ELSE strpos(substr(x, CAST(start AS BIGINT)), sought) + start - 1 END;
CREATE OR REPLACE MACRO sf_chr(n) AS chr(CAST(n AS INTEGER));
CREATE OR REPLACE MACRO sf_unicode(x) AS CASE WHEN x = '' THEN 0 ELSE unicode(x) END;
CREATE OR REPLACE MACRO sf_base64_encode(x) AS to_base64(encode(x));
CREATE OR REPLACE MACRO sf_base64_decode_string(x) AS decode(from_base64(x));
CREATE OR REPLACE MACRO sf_hex_decode_string(x) AS decode(unhex(x));
CREATE OR REPLACE MACRO sf_regexp_instr(x, pattern, options) AS CASE WHEN regexp_matches(x, pattern, options)
    THEN length(regexp_extract(x, '^((?s:.*?))(?:' || pattern || ')', 1, options)) + 1
    WHEN x IS NOT NULL AND pattern IS NOT NULL THEN 0 END;

-- numbers -----------------------------------------------------------------------------------------------------------
CREATE OR REPLACE MACRO sf_sqrt(x) AS
    CASE WHEN CAST(x AS DOUBLE) < 0 THEN CAST('~Invalid floating point operation: sqrt(' || x || ')~' AS DOUBLE) ELSE sqrt(CAST(x AS DOUBLE)) END;
CREATE OR REPLACE MACRO sf_ln(x) AS
    CASE WHEN CAST(x AS DOUBLE) <= 0 THEN CAST('~Invalid floating point operation: ln(' || x || ')~' AS DOUBLE) ELSE ln(CAST(x AS DOUBLE)) END;
CREATE OR REPLACE MACRO sf_log(base, x) AS CASE
    WHEN CAST(x AS DOUBLE) <= 0 OR CAST(base AS DOUBLE) <= 0 THEN CAST('~Invalid floating point operation: log(' || base || ', ' || x || ')~' AS DOUBLE)
    WHEN CAST(base AS DOUBLE) = 10 THEN log10(CAST(x AS DOUBLE)) WHEN CAST(base AS DOUBLE) = 2 THEN log2(CAST(x AS DOUBLE))
    ELSE ln(CAST(x AS DOUBLE)) / ln(CAST(base AS DOUBLE)) END;
CREATE OR REPLACE MACRO sf_quotient(n, d) AS CASE
    WHEN d = 0 THEN CAST('~Division by zero~' || n AS HUGEINT)
    WHEN (n < 0) = (d < 0) THEN (2 * abs(n) + abs(d)) // (2 * abs(d))
    ELSE -((2 * abs(n) + abs(d)) // (2 * abs(d))) END;
CREATE OR REPLACE MACRO sf_float_quotient(a, b) AS CASE WHEN b = 0 THEN CAST('~Division by zero~' || a AS DOUBLE) ELSE a / b END;
CREATE OR REPLACE MACRO sf_mod(a, b) AS CASE WHEN b = 0 THEN CAST('~Division by zero~' || a AS BIGINT) ELSE a % b END;
CREATE OR REPLACE MACRO sf_between(l, place) AS l[CAST(floor(place) AS BIGINT) + 1]
    + (coalesce(l[CAST(floor(place) AS BIGINT) + 2], l[CAST(floor(place) AS BIGINT) + 1]) - l[CAST(floor(place) AS BIGINT) + 1]) * (place - floor(place));
CREATE OR REPLACE MACRO sf_percentile(l, share) AS sf_between(l, (len(l) - 1) * share);
CREATE OR REPLACE MACRO sf_bucket_near(x, low, high, n, near) AS near
    - CASE WHEN near * (high - low) > (x - low) * n THEN 1 ELSE 0 END
    + CASE WHEN (near + 1) * (high - low) <= (x - low) * n THEN 1 ELSE 0 END;
CREATE OR REPLACE MACRO sf_width_bucket(x, low, high, n) AS CASE
    WHEN low >= high THEN CAST('~Unsupported feature: WIDTH_BUCKET from ' || low || ' down to ' || high || '~' AS BIGINT)
    WHEN n < 1 THEN CAST('~Invalid parameter value for WIDTH_BUCKET: ' || n || ' buckets~' AS BIGINT)
    WHEN x < low THEN 0 WHEN x >= high THEN n + 1
    ELSE 1 + sf_bucket_near(x, low, high, n, CAST(floor(CAST(x - low AS DOUBLE) * n / CAST(high - low AS DOUBLE)) AS BIGINT)) END;
CREATE OR REPLACE MACRO sf_bitand(a, b) AS CAST(a AS BIGINT) & CAST(b AS BIGINT);
CREATE OR REPLACE MACRO sf_bitor(a, b) AS CAST(a AS BIGINT) | CAST(b AS BIGINT);
CREATE OR REPLACE MACRO sf_bitxor(a, b) AS xor(CAST(a AS BIGINT), CAST(b AS BIGINT));
CREATE OR REPLACE MACRO sf_bitnot(a) AS ~CAST(a AS BIGINT);
CREATE OR REPLACE MACRO sf_bitshiftleft(a, n) AS CAST(a AS BIGINT) << CAST(n AS BIGINT);
CREATE OR REPLACE MACRO sf_bitshiftright(a, n) AS CAST(a AS BIGINT) >> CAST(n AS BIGINT);
CREATE OR REPLACE MACRO sf_random() AS CAST((random() - 0.5) * 18446744073709549568 AS BIGINT);
CREATE OR REPLACE MACRO sf_is_text(x) AS typeof(x) IN ('DOUBLE', 'FLOAT', 'JSON', 'VARCHAR');
CREATE OR REPLACE MACRO sf_numeral(x) AS trim(CASE
    WHEN typeof(x) = 'JSON' AND json_type(TRY_CAST(TRY_CAST(x AS VARCHAR) AS JSON)) = 'BOOLEAN'
        THEN CASE TRY_CAST(x AS VARCHAR) WHEN 'true' THEN '1' ELSE '0' END
    WHEN typeof(x) = 'JSON' THEN TRY_CAST(TRY_CAST(x AS VARCHAR) AS JSON) ->> '$'
    -- From 2^53 on a DOUBLE is a whole number, of which its text has 17 digits only.
    WHEN typeof(x) IN ('DOUBLE', 'FLOAT') AND abs(TRY_CAST(x AS DOUBLE)) BETWEEN 9007199254740992 AND 9e37
        THEN TRY_CAST(TRY_CAST(TRY_CAST(x AS DOUBLE) AS DECIMAL(38, 0)) AS VARCHAR)
    ELSE TRY_CAST(x AS VARCHAR) END);
CREATE OR REPLACE MACRO sf_double(x) AS
    CASE WHEN sf_is_text(x) THEN CAST(sf_numeral(x) AS DOUBLE) ELSE CAST(x AS DOUBLE) END;
CREATE OR REPLACE MACRO sf_try_double(x) AS
    CASE WHEN sf_is_text(x) THEN TRY_CAST(sf_numeral(x) AS DOUBLE) ELSE TRY_CAST(x AS DOUBLE) END;

-- booleans ----------------------------------------------------------------------------------------------------------
CREATE OR REPLACE MACRO sf_try_boolean(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') THEN CASE
        WHEN lower(sf_text(x)) IN ('true', 't', 'yes', 'y', 'on', '1') THEN true
        WHEN lower(sf_text(x)) IN ('false', 'f', 'no', 'n', 'off', '0') THEN false END
    ELSE TRY_CAST(x AS BOOLEAN) END;
CREATE OR REPLACE MACRO sf_boolean(x) AS
    CASE WHEN x IS NOT NULL AND sf_text(x) IS NOT NULL AND sf_try_boolean(x) IS NULL
        THEN CAST('~Boolean value ''' || sf_text(x) || ''' is not recognized~' AS BOOLEAN) ELSE sf_try_boolean(x) END;
CREATE OR REPLACE MACRO sf_booland(a, b) AS CAST(a AS BOOLEAN) AND CAST(b AS BOOLEAN);
CREATE OR REPLACE MACRO sf_boolor(a, b) AS CAST(a AS BOOLEAN) OR CAST(b AS BOOLEAN);
CREATE OR REPLACE MACRO sf_boolxor(a, b) AS CAST(a AS BOOLEAN) <> CAST(b AS BOOLEAN);
CREATE OR REPLACE MACRO sf_boolnot(a) AS NOT CAST(a AS BOOLEAN);

-- dates and times: texts by the formats of AUTO, and epochs -----------------------------------------------------------
CREATE OR REPLACE MACRO sf_epoch(x, nanoseconds) AS
    make_timestamp(CAST(CAST(x AS DECIMAL(28, 9)) * nanoseconds / 1000 AS BIGINT));
CREATE OR REPLACE MACRO sf_from_digits(n) AS make_timestamp(CASE
    WHEN n < 31536000000 THEN n * 1000000 WHEN n < 31536000000000 THEN n * 1000
    WHEN n < 31536000000000000 THEN n ELSE n // 1000 END);
CREATE OR REPLACE MACRO sf_moment_of_text(x) AS CASE
    WHEN regexp_full_match(x, '\d+') THEN CASE WHEN length(x) <= 18 THEN sf_from_digits(TRY_CAST(x AS BIGINT)) END
    WHEN regexp_full_match(x, '\d{4}-\d{1,2}-\d{1,2}') THEN TRY_CAST(TRY_CAST(x AS DATE) AS TIMESTAMP)
    WHEN regexp_full_match(x, '\d{1,2}/\d{1,2}/\d{4}') THEN try_strptime(x, '%m/%d/%Y')
    WHEN regexp_full_match(x, '\d{1,2}-[A-Za-z]{3}-\d{4}') THEN try_strptime(x, '%d-%b-%Y')
    WHEN regexp_full_match(x, '\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}:\d{2}') THEN try_strptime(x, '%m/%d/%Y %H:%M:%S')
    WHEN regexp_full_match(x, '\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}') THEN try_strptime(replace(x, 'T', ' '), '%Y-%m-%d %H')
    WHEN regexp_full_match(x, '\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{2}') THEN try_strptime(replace(x, 'T', ' '), '%Y-%m-%d %H:%M')
    WHEN regexp_full_match(x, '\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?Z| ?[+-]\d{2}:?\d{2}| ?[+-]\d{1,2})?')
        THEN TRY_CAST(regexp_replace(x, '( ?Z| ?[+-]\d{2}:?\d{2}| ?[+-]\d{1,2})$', '') AS TIMESTAMP)
    WHEN regexp_full_match(x, '[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2}( [+-]\d{4})?') THEN try_strptime(left(x, 25), '%a, %d %b %Y %H:%M:%S')
    END;
CREATE OR REPLACE MACRO sf_moment(x) AS list_transform([trim(sf_text(x))], lambda t: sf_moment_of_text(t))[1];
CREATE OR REPLACE MACRO sf_instant_of_text(x) AS CASE
    WHEN regexp_full_match(x, '\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?Z| ?[+-]\d{2}:?\d{2}| ?[+-]\d{1,2})')
        THEN TRY_CAST(regexp_replace(replace(x, ' Z', 'Z'), ' ?([+-]\d{2}):?(\d{2})$', '\1:\2') AS TIMESTAMPTZ)
    ELSE TRY_CAST(sf_moment_of_text(x) AS TIMESTAMPTZ) END;
CREATE OR REPLACE MACRO sf_try_timestamp(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') THEN sf_moment(x)
    WHEN typeof(x) IN ('BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT', 'HUGEINT', 'INTEGER_LITERAL') OR typeof(x) LIKE 'DECIMAL%' THEN sf_epoch(TRY_CAST(x AS DECIMAL(28, 9)), 1000000000)
    WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN timezone('UTC', TRY_CAST(x AS TIMESTAMPTZ))
    WHEN typeof(x) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP_NS', '"NULL"') THEN TRY_CAST(x AS TIMESTAMP)
    ELSE CAST('~Unsupported feature: the conversion of ' || typeof(x) || ' to TIMESTAMP~' AS TIMESTAMP) END;
CREATE OR REPLACE MACRO sf_recognized_date(made, x) AS list_transform([made], lambda m:
    CASE WHEN m IS NULL AND sf_text(x) IS NOT NULL THEN CAST('~Date ''' || sf_text(x) || ''' is not recognized~' AS DATE) ELSE m END)[1];
CREATE OR REPLACE MACRO sf_recognized_time(made, x) AS list_transform([made], lambda m:
    CASE WHEN m IS NULL AND sf_text(x) IS NOT NULL THEN CAST('~Time ''' || sf_text(x) || ''' is not recognized~' AS TIME) ELSE m END)[1];
CREATE OR REPLACE MACRO sf_recognized_timestamp(made, x) AS list_transform([made], lambda m:
    CASE WHEN m IS NULL AND sf_text(x) IS NOT NULL THEN CAST('~Timestamp ''' || sf_text(x) || ''' is not recognized~' AS TIMESTAMP) ELSE m END)[1];
CREATE OR REPLACE MACRO sf_recognized_timestamp_tz(made, x) AS list_transform([made], lambda m:
    CASE WHEN m IS NULL AND sf_text(x) IS NOT NULL THEN CAST('~Timestamp ''' || sf_text(x) || ''' is not recognized~' AS TIMESTAMPTZ) ELSE m END)[1];
CREATE OR REPLACE MACRO sf_timestamp(x) AS sf_recognized_timestamp(sf_try_timestamp(x), x);
CREATE OR REPLACE MACRO sf_try_timestamp_tz(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') THEN list_transform([trim(sf_text(x))], lambda t: sf_instant_of_text(t))[1]
    WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN TRY_CAST(x AS TIMESTAMPTZ)
    ELSE timezone('UTC', sf_try_timestamp(x)) END;
CREATE OR REPLACE MACRO sf_timestamp_tz(x) AS sf_recognized_timestamp_tz(sf_try_timestamp_tz(x), x);
CREATE OR REPLACE MACRO sf_try_date(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') THEN TRY_CAST(sf_moment(x) AS DATE)
    WHEN typeof(x) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP_NS', '"NULL"') THEN TRY_CAST(x AS DATE)
    WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN TRY_CAST(timezone('UTC', TRY_CAST(x AS TIMESTAMPTZ)) AS DATE)
    ELSE CAST('~Unsupported feature: the conversion of ' || typeof(x) || ' to DATE~' AS DATE) END;
CREATE OR REPLACE MACRO sf_date(x) AS sf_recognized_date(sf_try_date(x), x);
CREATE OR REPLACE MACRO sf_try_time(x) AS CASE
    WHEN typeof(x) IN ('VARCHAR', 'JSON') THEN CASE
        WHEN regexp_full_match(trim(sf_text(x)), '\d{1,2}:\d{2}') THEN TRY_CAST(trim(sf_text(x)) || ':00' AS TIME)
        WHEN regexp_full_match(trim(sf_text(x)), '\d{1,2}:\d{2}:\d{2}(\.\d+)?') THEN TRY_CAST(trim(sf_text(x)) AS TIME)
        WHEN sf_text(x) IS NOT NULL AND NOT regexp_full_match(trim(sf_text(x)), '\d+') THEN TRY_CAST(sf_moment(x) AS TIME) END
    WHEN typeof(x) = 'TIMESTAMP WITH TIME ZONE' THEN TRY_CAST(timezone('UTC', TRY_CAST(x AS TIMESTAMPTZ)) AS TIME)
    ELSE TRY_CAST(x AS TIME) END;
CREATE OR REPLACE MACRO sf_time(x) AS sf_recognized_time(sf_try_time(x), x);
CREATE OR REPLACE MACRO sf_parsed(x, format) AS try_strptime(sf_text(x), format);
CREATE OR REPLACE MACRO sf_sysdate() AS timezone('UTC', now());
CREATE OR REPLACE MACRO sf_current_time() AS CAST(timezone('UTC', now()) AS TIME);
CREATE OR REPLACE MACRO sf_nanosecond(x) AS CAST(date_part('microsecond', CAST(x AS TIMESTAMP)) % 1000000 * 1000 AS BIGINT);
CREATE OR REPLACE MACRO sf_epoch_second(x) AS CAST(floor(epoch_us(sf_timestamp(x)) / 1000000) AS BIGINT);
CREATE OR REPLACE MACRO sf_epoch_millisecond(x) AS CAST(floor(epoch_us(sf_timestamp(x)) / 1000) AS BIGINT);
CREATE OR REPLACE MACRO sf_epoch_microsecond(x) AS epoch_us(sf_timestamp(x));
CREATE OR REPLACE MACRO sf_epoch_nanosecond(x) AS epoch_us(sf_timestamp(x)) * 1000;
CREATE OR REPLACE MACRO sf_date_from_parts(y, m, d) AS
    CAST(make_date(CAST(y AS BIGINT), 1, 1) + to_months(CAST(m AS INTEGER) - 1) + to_days(CAST(d AS INTEGER) - 1) AS DATE);
CREATE OR REPLACE MACRO sf_time_from_parts(h, m, s) AS
    CAST(TIMESTAMP '2000-01-01' + to_hours(CAST(h AS BIGINT)) + to_minutes(CAST(m AS BIGINT)) + to_seconds(CAST(s AS BIGINT)) AS TIME),
    (h, m, s, ns) AS CAST(TIMESTAMP '2000-01-01' + to_hours(CAST(h AS BIGINT)) + to_minutes(CAST(m AS BIGINT))
        + to_seconds(CAST(s AS BIGINT)) + to_microseconds(CAST(ns AS BIGINT) // 1000) AS TIME);
CREATE OR REPLACE MACRO sf_timestamp_from_parts(d, t) AS CAST(d AS DATE) + CAST(t AS TIME), (y, mo, d, h, mi, s) AS
    CAST(sf_date_from_parts(y, mo, d) AS TIMESTAMP) + to_hours(CAST(h AS BIGINT)) + to_minutes(CAST(mi AS BIGINT)) + to_seconds(CAST(s AS BIGINT)),
    (y, mo, d, h, mi, s, ns) AS CAST(sf_date_from_parts(y, mo, d) AS TIMESTAMP) + to_hours(CAST(h AS BIGINT)) + to_minutes(CAST(mi AS BIGINT))
        + to_seconds(CAST(s AS BIGINT)) + to_microseconds(CAST(ns AS BIGINT) // 1000);
CREATE OR REPLACE MACRO sf_is_last_day(x) AS day(x) = day(last_day(x));
CREATE OR REPLACE MACRO sf_months_apart(a, b) AS CAST(sf_quotient(CAST(1000000 AS HUGEINT)
        * (2678400000000 * CAST(12 * (year(a) - year(b)) + month(a) - month(b) AS HUGEINT)
        + CASE WHEN day(a) = day(b) OR (sf_is_last_day(a) AND sf_is_last_day(b)) THEN 0
            ELSE 86400000000 * (day(a) - day(b)) + epoch_us(a) % 86400000000 - epoch_us(b) % 86400000000 END),
    CAST(2678400000000 AS HUGEINT)) AS DECIMAL(18, 0)) * CAST(0.000001 AS DECIMAL(6, 6));
CREATE OR REPLACE MACRO sf_of_clock(x) AS CASE WHEN typeof(x) IN ('TIMESTAMP', 'TIMESTAMP_NS') THEN TRY_CAST(x AS TIMESTAMP)
    ELSE CAST('~Unsupported feature: TIME_SLICE by hours, minutes or seconds of a ' || typeof(x) || '~' AS TIMESTAMP) END;
CREATE OR REPLACE MACRO sf_time_slice(x, step, origin) AS CASE WHEN typeof(x) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP_NS')
    THEN time_bucket(step, TRY_CAST(x AS TIMESTAMP), origin)
    ELSE CAST('~Unsupported feature: TIME_SLICE of a ' || typeof(x) || '~' AS TIMESTAMP) END;
CREATE OR REPLACE MACRO sf_last_day_of_month(x) AS last_day(CAST(x AS DATE));
CREATE OR REPLACE MACRO sf_last_day_of_quarter(x) AS CAST(date_trunc('quarter', CAST(x AS DATE)) + to_months(3) - to_days(1) AS DATE);
CREATE OR REPLACE MACRO sf_last_day_of_year(x) AS CAST(date_trunc('year', CAST(x AS DATE)) + to_years(1) - to_days(1) AS DATE);
CREATE OR REPLACE MACRO sf_last_day_of_week(x) AS CAST(date_trunc('week', CAST(x AS DATE)) + to_days(6) AS DATE);
CREATE OR REPLACE MACRO sf_next_day(x, d) AS CAST(CAST(x AS DATE) + to_days(CAST((d - isodow(CAST(x AS DATE)) + 6) % 7 + 1 AS INTEGER)) AS DATE);
CREATE OR REPLACE MACRO sf_previous_day(x, d) AS CAST(CAST(x AS DATE) - to_days(CAST((isodow(CAST(x AS DATE)) - d + 6) % 7 + 1 AS INTEGER)) AS DATE);
CREATE OR REPLACE MACRO sf_add_months(x, n) AS (x + to_months(CAST(round(n) AS INTEGER)) + to_days(CASE
    WHEN day(x) = day(last_day(CAST(x AS DATE)))
        THEN CAST(day(last_day(CAST(x + to_months(CAST(round(n) AS INTEGER)) AS DATE))) - day(x + to_months(CAST(round(n) AS INTEGER))) AS INTEGER)
    ELSE 0 END));

-- semi-structured data: JSON ----------------------------------------------------------------------------------------
CREATE OR REPLACE MACRO sf_parse_json(x) AS CASE WHEN trim(x) = '' THEN NULL ELSE json(x) END;
CREATE OR REPLACE MACRO sf_try_parse_json(x) AS CASE WHEN trim(x) = '' THEN NULL WHEN json_valid(x) THEN json(x) END;
CREATE OR REPLACE MACRO sf_variant(x) AS to_json(x);
CREATE OR REPLACE MACRO sf_array(x) AS CASE WHEN json_type(to_json(x)) = 'ARRAY' THEN to_json(x) ELSE json_array(x) END;
CREATE OR REPLACE MACRO sf_object(x) AS CASE WHEN x IS NULL OR json_type(to_json(x)) = 'OBJECT' THEN to_json(x)
    ELSE CAST('~Failed to cast variant value ' || CAST(to_json(x) AS VARCHAR) || ' to OBJECT~' AS JSON) END;
CREATE OR REPLACE MACRO sf_binary(x) AS CASE WHEN typeof(x) = 'BLOB' THEN TRY_CAST(x AS BLOB) ELSE unhex(sf_text(x)) END;
CREATE OR REPLACE MACRO sf_array_size(x) AS CASE WHEN json_type(x) = 'ARRAY' THEN CAST(json_array_length(x) AS BIGINT) END;
CREATE OR REPLACE MACRO sf_array_contains(sought, x) AS list_contains(CAST(x AS JSON[]), to_json(sought));
CREATE OR REPLACE MACRO sf_array_to_string(x, sep) AS
    array_to_string(list_transform(CAST(x AS JSON[]), lambda e: coalesce(e ->> '$', '')), sep);
CREATE OR REPLACE MACRO sf_array_cat(a, b) AS to_json(list_concat(CAST(a AS JSON[]), CAST(b AS JSON[])));
CREATE OR REPLACE MACRO sf_array_append(x, e) AS to_json(list_append(CAST(x AS JSON[]), to_json(e)));
CREATE OR REPLACE MACRO sf_array_prepend(x, e) AS to_json(list_prepend(to_json(e), CAST(x AS JSON[])));
CREATE OR REPLACE MACRO sf_array_slice(x, a, b) AS to_json(list_slice(CAST(x AS JSON[]),
    CASE WHEN a >= 0 THEN a + 1 ELSE greatest(1, json_array_length(x) + a + 1) END,
    CASE WHEN b >= 0 THEN b ELSE json_array_length(x) + b END));
CREATE OR REPLACE MACRO sf_array_position(e, x) AS CAST(list_position(CAST(x AS JSON[]), to_json(e)) - 1 AS BIGINT);
CREATE OR REPLACE MACRO sf_array_compact(x) AS to_json(list_filter(CAST(x AS JSON[]), lambda e: e IS NOT NULL AND CAST(e AS VARCHAR) <> 'null'));
CREATE OR REPLACE MACRO sf_arrays_overlap(a, b) AS list_has_any(CAST(a AS JSON[]), CAST(b AS JSON[]));
CREATE OR REPLACE MACRO sf_object_keys(x) AS to_json(json_keys(x));
CREATE OR REPLACE MACRO sf_typeof(x) AS CASE json_type(x) WHEN 'VARCHAR' THEN 'VARCHAR' WHEN 'BIGINT' THEN 'INTEGER'
    WHEN 'UBIGINT' THEN 'INTEGER' WHEN 'DOUBLE' THEN 'DECIMAL' WHEN 'NULL' THEN 'NULL_VALUE' ELSE json_type(x) END;
CREATE OR REPLACE MACRO sf_is_null_value(x) AS json_type(x) = 'NULL';
CREATE OR REPLACE MACRO sf_as_boolean(x) AS CASE WHEN json_type(x) = 'BOOLEAN' THEN CAST(x ->> '$' AS BOOLEAN) END;
CREATE OR REPLACE MACRO sf_as_varchar(x) AS CASE WHEN json_type(x) = 'VARCHAR' THEN x ->> '$' END;
CREATE OR REPLACE MACRO sf_strip_null_value(x) AS CASE WHEN json_type(x) <> 'NULL' THEN x END;

-- fakesnow's, with the names of columns as statements have them: see `spelling`
CREATE OR REPLACE MACRO _fs_object_construct_star(row_value) AS (
    SELECT COALESCE(json_group_object(replace(key, chr(57344), ''), value::JSON), '{}'::JSON)
    FROM (
        UNPIVOT (SELECT TO_JSON(COLUMNS(*)) FROM (SELECT UNNEST(row_value))) ON COLUMNS(*)::VARCHAR
        INTO NAME key VALUE value
    )
);
