"""Rollback, and the hold on publishing, by a form: DAGs that call what `assay release` calls."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, Context, Param
from airflow.sdk.exceptions import AirflowFailException

from assay import settings as environments
from assay.alerts.message import rolled_back
from assay.alerts.posting import run_url, send
from assay.errors import ConfigurationError
from assay.releases.lifecycle import ReleaseRefused, Releases
from assay.run_params import WrongForm, check_fields
from assay.warehouse import airflow_warehouse
from assay.zones import ServiceRole, ZoneNames, load_zone, zone_folders
from assay.zones.reader import readers_today

ROLLBACK = """Makes the release before the live one live again, in one statement, at any size. It is recorded, with the
reason and the person, and publishing is held until `platform_publishing` resumes it. Run it again to roll forward,
which lifts that hold. See `docs/runbooks/release.md`."""

PUBLISHING = """Holds the publishing of a zone, or resumes it, as after a rollback. While it is held, a run builds and
tests its release, and `release.publish` refuses it. It is recorded, with the reason and the person. See
`docs/runbooks/release.md`."""

HOLD, RESUME = "hold", "resume"

VISIBLE = r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*$(?!\n)"
"""Of a reason: one line without signs that cannot be seen, which would make a page or a chat show something else."""

log = logging.getLogger(__name__)


def rollback(dag_file: str) -> DAG:
    """The DAG `platform_rollback`, with the zones beside the DAG file to choose from, broken ones included."""
    with _dag_with_form(dag_file, "Put a zone's previous release back.", ROLLBACK) as dag:
        RollbackOperator(task_id="rollback", **_where(dag_file))
    return dag


def publishing(dag_file: str) -> DAG:
    """The DAG `platform_publishing`, which holds the publishing of a zone or resumes it."""
    action = Param(type="string", enum=[HOLD, RESUME], title="Action", description="What happens to publishing.")
    with _dag_with_form(dag_file, "Hold a zone's publishing, or resume it.", PUBLISHING, action=action) as dag:
        PublishingOperator(task_id="publishing", **_where(dag_file))
    return dag


def _dag_with_form(dag_file: str, description: str, doc: str, **fields: Param) -> DAG:
    """No field has a default: a zone that was never chosen must not be rolled back."""
    zones = [folder.name for folder in zone_folders(Path(dag_file).parent / "zones")]
    reason = "What is wrong, or why it is right again; kept in the release ledger."
    return DAG(
        dag_id=Path(dag_file).stem,
        description=description,
        schedule=None,
        catchup=False,
        is_paused_upon_creation=False,
        tags=["platform"],
        doc_md=doc,
        default_args={"retries": 3, "retry_delay": timedelta(seconds=5)},
        params={
            "zone": Param(type="string", enum=zones, title="Zone", description="Whose gold it is about."),
            **fields,
            "reason": Param(
                type="string", minLength=3, maxLength=500, pattern=VISIBLE, title="Reason", description=reason
            ),
        },
    )


def _where(dag_file: str) -> dict[str, Any]:
    folder = Path(dag_file).parent
    return {"environment": environments.load(folder).environment, "zones": folder / "zones"}


class FormOperator(BaseOperator):
    """Acts on the releases of the zone that the form names, in the name of the person who sent it."""

    _form: tuple[str, ...]

    def __init__(self, *, environment: str, zones: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._environment = environment
        self._zones = zones

    @contextmanager
    def _releases(self, context: Context) -> Iterator[Releases]:
        """A refusal is final: trying again would find the same."""
        try:
            check_fields(context["params"], self._form)
        except WrongForm as wrong:
            raise AirflowFailException(str(wrong)) from wrong
        names = ZoneNames(self._environment, str(context["params"]["zone"]))
        with airflow_warehouse(names.connection(ServiceRole.PUBLISHER)) as warehouse:
            try:
                yield Releases(warehouse, names, lambda: readers_today(self._zones, names))
            except ReleaseRefused as refusal:
                raise AirflowFailException(str(refusal)) from refusal


class RollbackOperator(FormOperator):
    """Rolls back the zone that the form names. A retry finishes what was begun, and never rolls back twice."""

    _form = ("zone", "reason")

    def execute(self, context: Context) -> str:
        reason, operation = str(context["params"]["reason"]), f"airflow {context['dag_run'].run_id}"
        actor = _person(context)
        with self._releases(context) as releases:
            release = releases.rollback(reason, actor, operation=operation)
            step = releases.step(release.release_id)
        log.info("%s: release %s is live again.", release.zone, release.release_id)
        page = run_url("platform_rollback", str(context["dag_run"].run_id))
        message = rolled_back(release.zone, self._environment, release.release_id, actor, reason, page, **step)
        with suppress(ConfigurationError):  # of a zone that cannot be read, the webhook's own channel
            message = message | {"channel": load_zone(self._zones / release.zone).channel}
        send(ZoneNames(self._environment, release.zone).chat_connection, message)
        return release.release_id


class PublishingOperator(FormOperator):
    """Holds publishing, or resumes it."""

    _form = ("zone", "action", "reason")

    def execute(self, context: Context) -> None:
        zone, reason = str(context["params"]["zone"]), str(context["params"]["reason"])
        with self._releases(context) as releases:
            if context["params"]["action"] == HOLD:
                releases.hold(reason, _person(context))
                log.info("%s: publishing is held.", zone)
            else:
                releases.resume(reason, _person(context))
                log.info("%s: publishing is resumed.", zone)


def _person(context: Context) -> str:
    return getattr(context["dag_run"], "triggering_user_name", None) or "airflow"
