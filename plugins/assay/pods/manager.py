"""The provider's pod manager, whose log has no line of a pod that was not formatted."""

from collections.abc import Callable

from assay.import_speed import uncollected

with uncollected():
    from airflow.providers.cncf.kubernetes.utils.pod_manager import PodManager, is_log_group_marker


class FormattingPodManager(PodManager):
    """The provider prints a line that begins with `::group::` or `::endgroup::` as it is, whatever the formatter does
    to others: a secret behind it would be shown, and whatever follows be folded. Here such a line is one like all."""

    def _log_message(
        self,
        message: str,
        container_name: str,
        container_name_log_prefix_enabled: bool,
        log_formatter: Callable[[str, str], str] | None,
    ) -> None:
        if is_log_group_marker(message) and log_formatter:
            self.log.info("%s", log_formatter(container_name, message))
        else:
            super()._log_message(message, container_name, container_name_log_prefix_enabled, log_formatter)
