{#
  Nothing is built from what is unfit: the rule of plugins/assay/fitness, asked where it cannot be walked round, before
  dbt builds anything. It looks at all that the selected nodes are built from and that this invocation does not build
  or test itself; dbt looks after the rest.

  Each question is a node, whose last build must have succeeded, or a pair of a test and a node that decides what the
  tested rows are, whose last build the test must have followed.
#}
{% macro refuse_unfit_parents(macros) -%}
    {%- set building = [] -%}
    {%- for id in selected_resources if id.split('.')[0] in ['model', 'seed', 'snapshot'] -%}
        {%- do building.append(id) -%}
    {%- endfor -%}
    {%- set above = ancestors_of(building) -%}
    {%- if not above -%}{{- return(none) -}}{%- endif -%}

    {%- set first = namespace(rank=99) -%}
    {%- for id in building -%}
        {%- set first.rank = [first.rank, rank_of(id)] | min -%}
    {%- endfor -%}
    {%- set questions = [] -%}
    {%- for id in above if id in graph.nodes and graph.nodes[id].config.materialized != 'ephemeral' -%}
        {%- do questions.append({'node': id, 'checksum': node_digest(graph.nodes[id], macros)}) -%}
    {%- endfor -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.unique_id not in selected_resources -%}
        {%- set subjects = subjects_of(test, above) -%}
        {%- set within = subjects | reject('in', above) | list | length == 0 -%}
        {%- if subjects and 'smoke' not in test.tags and (within or rank_of(subjects[0]) < first.rank) -%}
            {%- for node in basis_of(subjects) -%}
                {%- do questions.append({
                    'node': node,
                    'test': test.unique_id,
                    'checksum': node_digest(test, macros),
                    'required': test.config.severity | lower != 'warn',
                }) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if questions -%}
        {%- set answers = run_query(unfit_nodes(questions, above)) -%}
        {%- if answers.rows -%}
            {%- do exceptions.raise_compiler_error(unfit_in_words(answers.rows)) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{# What the nodes are built from, as far as it is not among them. #}
{% macro ancestors_of(building) -%}
    {%- set seen = {} -%}
    {%- set waiting = building | list -%}
    {%- for _ in range(100000) if waiting -%}
        {%- set id = waiting.pop() -%}
        {%- if id not in seen -%}
            {%- do seen.update({id: true}) -%}
            {%- do waiting.extend(graph.nodes.get(id, {}).get('depends_on', {}).get('nodes', [])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(seen | reject('in', building) | list) -}}
{%- endmacro %}


{# Of what a test reads, the nodes in the latest layer; none where it reads nothing of those above. #}
{% macro subjects_of(test, above) -%}
    {%- set parents = test.depends_on.nodes | unique | list -%}
    {%- if parents | select('in', above) | list | length == 0 -%}{{- return([]) -}}{%- endif -%}
    {%- set of_sources = parents | reject('in', graph.nodes) | list | length == parents | length -%}
    {%- if of_sources and test.fqn[1] != env_var('ASSAY_ZONE', test.fqn[1]) -%}{{- return([]) -}}{%- endif -%}
    {%- set latest = namespace(rank=-1) -%}
    {%- for id in parents -%}
        {%- set latest.rank = [latest.rank, rank_of(id)] | max -%}
    {%- endfor -%}
    {%- set subjects = [] -%}
    {%- for id in parents if rank_of(id) == latest.rank -%}
        {%- do subjects.append(id) -%}
    {%- endfor -%}
    {{- return(subjects if subjects | select('in', above) | list else []) -}}
{%- endmacro %}


{# What decides which rows the nodes show: themselves where they are stored, and what they read where they are not. #}
{% macro basis_of(subjects) -%}
    {%- set seen = {} -%}
    {%- set waiting = subjects | list -%}
    {%- for _ in range(100000) if waiting -%}
        {%- set id = waiting.pop() -%}
        {%- if id not in seen -%}
            {%- do seen.update({id: true}) -%}
            {%- set node = graph.nodes.get(id, {}) -%}
            {%- if node.get('config', {}).get('materialized') in ['view', 'ephemeral'] -%}
                {%- do waiting.extend(node.depends_on.nodes) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(seen | list) -}}
{%- endmacro %}


{# Sources, seeds, and then the layers. #}
{% macro rank_of(id) -%}
    {%- set kind = id.split('.')[0] -%}
    {%- if kind == 'source' -%}{{- return(0) -}}{%- endif -%}
    {%- if kind == 'seed' -%}{{- return(1) -}}{%- endif -%}
    {{- return({'bronze': 2, 'silver': 3, 'gold': 4}.get(graph.nodes[id].fqn[2], 5)) -}}
{%- endmacro %}


{% macro unfit_nodes(questions, above) -%}
with asked as (
    select
        item.value:node::varchar as node_id,
        item.value:test::varchar as test_id,
        item.value:checksum::varchar as checksum,
        item.value:required::boolean as required
    from table(flatten(input => parse_json({{ text_literal(tojson(questions)) }}))) as item
),

attempts as (
    select
        node_id,
        invocation_id,
        min(happened_at) as started_at,
        max(nullif(status, 'started')) as status,
        max(checksum) as checksum,
        max(run_id) as run_id
    from {{ ledger_of_nodes() }}
    group by node_id, invocation_id
),

builds as (
    select *
    from attempts
    where coalesce(status, 'started') <> 'skipped'
    qualify row_number() over (partition by node_id order by started_at desc) = 1
),

results as (
    select *
    from attempts
    where status <> 'skipped'
    qualify row_number() over (partition by node_id order by started_at desc) = 1
),

answered as (
    select
        asked.node_id,
        asked.test_id,
        coalesce(results.run_id, builds.run_id) as run_id,
        coalesce(results.started_at, builds.started_at) as started_at,
        case
            when asked.test_id is null and builds.node_id is null then 'has not been built'
            when asked.test_id is null and builds.status is null then 'was being built, and nothing says how that ended,'
            when asked.test_id is null and builds.status <> 'success' then 'could not be built'
            when asked.test_id is null and builds.checksum <> '' and asked.checksum <> '' and builds.checksum <> asked.checksum
                then 'has changed since it was built'
            when asked.test_id is null then null
            when results.status not in ('pass', 'warn', 'success') then 'failed its test'
            when not asked.required then null
            when results.status is null then 'has not been tested by'
            when results.checksum <> '' and asked.checksum <> '' and results.checksum <> asked.checksum
                then 'has not been tested, since that was changed, by'
            when builds.started_at >= results.started_at and builds.invocation_id <> results.invocation_id
                then 'was built after its test'
        end as problem
    from asked
    left join builds on asked.node_id = builds.node_id
    left join results on asked.test_id = results.node_id
)

select node_id, test_id, run_id, to_char(started_at, 'YYYY-MM-DD HH24:MI:SS') as started_at, problem
from answered
where problem is not null
order by problem, node_id, test_id
{%- endmacro %}


{% macro unfit_in_words(rows) -%}
    {%- set lines = [] -%}
    {%- for node_id, test_id, run_id, started_at, problem in rows -%}
        {%- set node = graph.nodes.get(node_id) or graph.sources.get(node_id) -%}
        {%- set where = (node.fqn[2] ~ '.' if node.resource_type in ['model', 'snapshot'] else '') ~ node.name -%}
        {%- set test = ' ' ~ graph.nodes[test_id].name if test_id else '' -%}
        {%- set when = ' at ' ~ started_at ~ (' in run ' ~ run_id if run_id else '') if started_at else '' -%}
        {%- do lines.append(where ~ ' ' ~ problem ~ test ~ when ~ '.') -%}
    {%- endfor -%}
    {%- set lines = lines | unique | list -%}
    {%- set more = ['… and ' ~ (lines | length - 5) ~ ' more.'] if lines | length > 5 else [] -%}
    {%- set end = ['Build and test it, or run the zone without naming models.'] -%}
    {{- return((['Nothing is built from what is unfit:'] + lines[:5] + more + end) | join('\n')) -}}
{%- endmacro %}
