"""Where each string from outside goes, and the test that finds it there as text, or sees it refused.

A row is a carrier: what holds a string from outside. Its entries are the sinks that the string reaches.
`test_sinks.py` derives the carriers from the models that read them, looks which of them reach pods, Airflow's pages,
statements and refusals, and fails where a row, a sink or a test that a row names is missing. Tests are relative to
this folder.
"""

SINKS = ("pod", "SQL", "log", "chat", "UI", "lineage", "terminal", "refused", "nowhere")
"""Of the pod: its spec and environment; of SQL: statements and what they keep; the log of a task; a chat's messages;
Airflow's pages; OpenLineage; commands. `refused`: only plain names are accepted. `nowhere`: it is only compared."""

ZONE = "test_text.py::test_text_of_a_zone_is_text_or_refused"
CHAT = "alerts/test_markup.py::test_text_from_outside_stays_in_code_and_does_nothing"
TERMINAL = "test_carriers.py::test_a_command_prints_text_as_text"
LOG = "pods/test_operator.py::test_every_line_of_a_pod_is_a_line_of_the_log_and_folds_none"
SECRET = "pods/test_operator.py::test_a_secret_that_a_program_prints_reaches_neither_log_nor_chat"
CONTRACT = "contracts/test_marks.py::test_a_contract_takes_marks_as_text_or_refuses_them"
RULES = "contracts/test_marks.py::test_what_a_rule_says_is_text_in_statements_logs_and_pages"
NULLS = "contracts/test_marks.py::test_a_text_that_stands_for_null_is_any_text"
FILES = "contracts/test_marks.py::test_files_of_any_name_are_landed_and_named_as_they_are"
VALUES = "contracts/test_marks.py::test_values_and_their_reasons_are_kept_as_they_are"
AIRBYTE = "contracts/test_marks.py::test_records_of_airbyte_are_kept_as_they_are"
LOADS = "contracts/test_marks.py::test_a_runs_id_is_kept_in_the_load_ledger_as_it_is"
HEADERS = "ingestion/test_odd_files.py::test_an_odd_file_is_approved_exactly"
REFUSED = "checks/test_refusals.py::test_it_is_refused_with_file_line_and_key"
CHOSEN = "ingestion/test_staged_files.py::test_files_are_taken_by_name_and_others_are_left"
SYNC = "ingestion/airbyte/test_sync.py::test_a_failed_sync_is_reported_in_the_connectors_own_words"
RESULTS = "pods/test_results.py::test_a_models_name_and_what_the_warehouse_quotes_are_text_in_results"
LINEAGE = "lineage/test_events.py::test_names_and_messages_are_kept_as_they_are"
ASSET = "test_text.py::test_a_model_of_any_name_is_an_asset"
RUN = "test_text.py::test_a_runs_id_is_rendered_once_and_reaches_the_pod_as_it_is"
REASON = "releases/test_reasons.py::test_a_persons_reason_is_kept_as_it_is"
TAG = "../../dbt/test_baking.py::test_every_statement_of_a_node_says_zone_node_run_and_commit"
INBOX = "../../local/emulators/chat/test_markup.py::test_no_tag_and_no_attribute_comes_from_a_sender"
FORM = "test_carriers.py::test_a_field_of_a_form_is_one_of_the_list_and_takes_no_other_kind"
DAYS = "test_carriers.py::test_what_is_no_day_is_refused_by_the_task_that_reads_the_form"
MODELS = "test_carriers.py::test_a_model_that_the_zone_has_not_is_refused_by_the_task_that_reads_the_form"

Rows = dict[str, dict[str, str]]

ZONE_FILE: Rows = {
    "description": {"UI": ZONE},
    "owner": {"UI": ZONE, "chat": CHAT},
    "steward": {"UI": ZONE},
    "runbook": {"UI": ZONE, "chat": CHAT},
    "sources.day": {"SQL": REFUSED},
    "sources.pattern": {"nowhere": CHOSEN},
    "sources.date_pattern": {"nowhere": CHOSEN},
    "sources.null_if": {"SQL": NULLS},
    "sources.command": {"pod": ZONE, "UI": RUN, "log": LOG, "chat": CHAT},
}
"""Fields that take any text. ZONE tries all others with every mark and sees them refused."""

CONTRACT_FILE: Rows = {
    "version": {"SQL": CONTRACT},
    "schema.name": {"refused": CONTRACT},
    "schema.quality.name": {"SQL": RULES},
    "schema.quality.description": {"SQL": RULES, "log": RULES, "UI": RULES, "chat": CHAT},
    "schema.quality.query": {"SQL": REFUSED},
    "schema.properties.name": {"refused": CONTRACT},
    "schema.properties.physicalName": {"SQL": AIRBYTE},
    "schema.properties.physicalType": {"refused": CONTRACT},
    "schema.properties.description": {"nowhere": CONTRACT},
    "schema.properties.enum.value": {"SQL": RULES, "log": RULES, "UI": RULES, "chat": CHAT},
    "schema.properties.quality.name": {"SQL": RULES},
    "schema.properties.quality.description": {"SQL": RULES, "log": RULES, "UI": RULES, "chat": CHAT},
    "schema.properties.quality.query": {"SQL": REFUSED},
    "schema.properties.quality.arguments": {"SQL": RULES, "log": RULES, "UI": RULES, "chat": CHAT},
}
"""Texts of a contract that are still there when it was read. All else of it decides something, or is dropped."""

FORMS: Rows = {
    "zone": {"refused": FORM},
    "action": {"refused": FORM},
    "full_refresh": {"refused": FORM},
    "models": {"refused": MODELS},
    "backfill_from": {"refused": DAYS},
    "backfill_to": {"refused": DAYS},
    "reason": {"SQL": REASON, "chat": CHAT, "terminal": TERMINAL},
}

DATA: Rows = {
    "model's name": {"pod": ZONE, "SQL": TAG, "log": RESULTS, "chat": CHAT, "UI": ASSET, "lineage": LINEAGE},
    "job's query": {"pod": ZONE},
    "file's name": {"SQL": FILES, "log": RULES, "UI": RULES, "chat": CHAT},
    "file's header": {"SQL": HEADERS},
    "file's value": {"SQL": VALUES},
    "Airbyte's field": {"SQL": AIRBYTE},
    "Airbyte's value": {"SQL": AIRBYTE},
    "connector's words": {"log": SYNC, "chat": CHAT},
    "value that the warehouse quotes": {"log": RESULTS, "UI": RESULTS, "chat": CHAT, "lineage": LINEAGE},
    "line of a pod": {"log": LOG, "chat": CHAT},
    "secret that a pod prints": {"refused": SECRET},
    "person's name": {"SQL": REASON, "chat": CHAT, "terminal": TERMINAL},
    "run's id": {"pod": RUN, "SQL": LOADS, "chat": CHAT, "lineage": LINEAGE},
    "chat message": {"UI": INBOX},
}

TABLE: Rows = {
    f"{what}: {name}": sinks
    for what, rows in (("zone.yml", ZONE_FILE), ("contract", CONTRACT_FILE), ("form", FORMS), ("data", DATA))
    for name, sinks in rows.items()
}
