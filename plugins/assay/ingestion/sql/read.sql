{% for file in files %}
select
    {{ file | literal }} as path,
    {{ function }}(
        build_scoped_file_url(@{{ stage }}, {{ file | literal }}), {{ file | literal }}, {{ options | literal }}
    ) as report
{{ "union all" if not loop.last }}
{% endfor %}
