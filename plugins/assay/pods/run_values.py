"""What a run decides of a pod's environment: the platform's only Jinja templates, and text that stays text in a pod.

Airflow renders the template fields of a task in a context that holds every connection and variable. So an operator's
template fields are `FIELDS` or none, and what they hold are the constants of `TEMPLATES`: no text of a zone file, a
model's name or a form is ever read as a template. Depends on nothing.
"""

from collections.abc import Iterable, Mapping

RUN_ID = "ASSAY_RUN_ID"
FULL_REFRESH = "DBT_FULL_REFRESH"
TEMPLATES: Mapping[str, str] = {
    RUN_ID: "{{ run_id }}",
    FULL_REFRESH: "{{ params.full_refresh }}",
}
"""Environment variables whose values are known once the run is."""

FIELDS = ("run_values",)
"""Of an operator: what Airflow renders. `run_values` holds some of TEMPLATES."""

SHOWN = ("image", "cmds", "env_vars")
"""Of an operator: what the task's page shows beside them, as it is."""


def run_values(names: Iterable[str]) -> dict[str, str]:
    """The templates of these variables, by name. Raises KeyError for a name that is not in TEMPLATES."""
    return {name: TEMPLATES[name] for name in names}


def verbatim(text: str) -> str:
    """The text as a pod's spec writes it: Kubernetes reads `$(NAME)` in a command or an environment variable as a
    reference to another variable, secrets included, and `$$` as one `$`
    (https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/)."""
    return text.replace("$", "$$")


def as_written(text: str) -> str:
    """The text that `verbatim` has made fit for a pod's spec."""
    return text.replace("$$", "$")
