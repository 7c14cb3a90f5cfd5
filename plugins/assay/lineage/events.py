"""OpenLineage events of what was built and published. Data in, events out.

A model is a job, `<zone>.<layer>.<model>` in the environment's namespace; each time it is built is a run of it, with a
START and a COMPLETE or FAIL event, whose parent is the run of the zone's DAG. Tables are datasets, named as the
OpenLineage specification names Snowflake's: `snowflake://<account>` and `DATABASE.SCHEMA.TABLE`.

Gold is built in the candidate and read from the live release, so publishing is a job too, one per table: without it a
zone's gold would end at a table without readers.
"""

from collections.abc import Iterator, Mapping
from uuid import NAMESPACE_URL, uuid5

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import error_message_run, job_type_job, output_statistics_output_dataset, parent_run
from openlineage.client.generated.base import JobFacet, OutputDatasetFacet, RunFacet

from assay.lineage.run_context import RunContext
from assay.pods.report import sentence
from assay.pods.results import BUILT_KINDS, NodeResult, Results

PRODUCER = "https://github.com/OpenLineage/OpenLineage/tree/main/client/python"


def built(results: Results, run_context: RunContext) -> list[RunEvent]:
    """Two events for each model, seed and snapshot that dbt has built, or has tried to."""
    return [
        event
        for node in results.nodes
        if node.kind in BUILT_KINDS and node.relation and (node.built or node.failed)
        for event in _of_node(node, run_context)
    ]


def published(tables: Mapping[str, str], warehouse: str, run_context: RunContext) -> list[RunEvent]:
    """Two events for each table of a release. `tables` maps each candidate's full name to the live one's."""
    events: list[RunEvent] = []
    for candidate, live in sorted(tables.items()):
        table = live.rpartition(".")[2].lower()
        name = f"{run_context.dag_id}.{run_context.task_id}.{table}"
        events += [
            _event(
                state, run_context.now, run_context, name, "RELEASE",
                [InputDataset(warehouse, candidate)], [OutputDataset(warehouse, live)], {},
            )
            for state in (RunState.START, RunState.COMPLETE)
        ]  # fmt: skip
    return events


def _of_node(node: NodeResult, run_context: RunContext) -> Iterator[RunEvent]:
    name = f"{node.zone}.{node.place}"
    inputs = [InputDataset(node.warehouse, each) for each in node.inputs]
    kind = node.kind.upper()
    output = [OutputDataset(node.warehouse, node.relation)]
    yield _event(RunState.START, node.started, run_context, name, kind, inputs, output, {})
    if node.failed:
        message = error_message_run.ErrorMessageRunFacet(message=sentence(node), programmingLanguage="SQL")
        yield _event(RunState.FAIL, node.ended, run_context, name, kind, inputs, output, {"errorMessage": message})
        return
    facets: dict[str, OutputDatasetFacet] = {}
    if node.rows is not None:
        facets["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=node.rows
        )
    output = [OutputDataset(node.warehouse, node.relation, outputFacets=facets)]
    yield _event(RunState.COMPLETE, node.ended, run_context, name, kind, inputs, output, {})


def _event(
    state: RunState,
    time: str,
    run_context: RunContext,
    name: str,
    kind: str,
    inputs: list[InputDataset],
    outputs: list[OutputDataset],
    facets: Mapping[str, RunFacet],
) -> RunEvent:
    in_run = f"{run_context.namespace}/{run_context.dag_id}/{run_context.run_id}"
    parent = parent_run.ParentRunFacet(
        run=parent_run.Run(runId=str(uuid5(NAMESPACE_URL, in_run))),
        job=parent_run.Job(namespace=run_context.namespace, name=run_context.dag_id),
    )
    run_facets: dict[str, RunFacet] = {"parent": parent, **facets}
    integration = "DBT" if kind != "RELEASE" else "AIRFLOW"
    job_type: dict[str, JobFacet] = {
        "jobType": job_type_job.JobTypeJobFacet(processingType="BATCH", integration=integration, jobType=kind)
    }
    return RunEvent(
        eventType=state,
        eventTime=time,
        run=Run(str(uuid5(NAMESPACE_URL, f"{in_run}/{name}/{run_context.attempt}")), run_facets),
        job=Job(run_context.namespace, name, job_type),
        inputs=inputs,
        outputs=outputs,
        producer=PRODUCER,
    )
