"""The measurements of `expansion` for people: each tool beside the floor, and the aims."""

from __future__ import annotations

from typing import Any

from rich.table import Table

TITLES = {
    "floor": "floor: bare pods",
    "ours": "ours",
    "factory": "plain factory 1.0",
    "cosmos": "Cosmos",
}
MB = 1_000_000


def table(report: dict[str, Any]) -> Table:
    shown = Table(title="What making the tasks of a dbt project costs (CPU seconds)")
    for column in ("", "tasks", "build", "serialise", "sum", "MB", "peak MB"):
        shown.add_column(column, justify="right" if column else "left", no_wrap=True)
    for models, tools in report["models"].items():
        shown.add_section()
        shown.add_row(f"[bold]{models} models[/]")
        for tool, found in tools.items():
            seconds = (f"{found[name]:.2f}" for name in ("build_seconds", "serialise_seconds", "seconds"))
            size, peak = (found[name] / MB for name in ("serialised_bytes", "peak_memory_bytes"))
            shown.add_row(TITLES[tool], f"{found['tasks']:.0f}", *seconds, f"{size:.2f}", f"{peak:.0f}")
    shown.caption = "\n".join(_beside(report["ratios"], report["aims"]))
    return shown


def _beside(ratios: dict[str, float], aims: dict[str, float]) -> list[str]:
    return [
        f"ours is {ratios['ours_to_floor']:.2f} x the floor; aim: {aims['ours_to_floor']}",
        f"ours is {ratios['ours_to_cosmos']:.2f} x Cosmos; aim: {aims['ours_to_cosmos']}",
        f"serialised {ratios['serialised_bytes'] / MB:.2f} MB; aim: {aims['serialised_bytes'] / MB:.0f}",
        f"peak memory {ratios['memory_to_floor']:.2f} x the floor's; aim: {aims['memory_to_floor']}",
        f"four times the models take {ratios['growth_500_to_2000']:.2f} x the time; aim: {aims['growth_500_to_2000']}",
    ]
