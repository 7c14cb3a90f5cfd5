"""A run of a few models: which tasks of the graph it needs. Data in, data out."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from assay.dbt_graph.graph import Graph
from assay.errors import AssayError
from assay.run_params import LOADED

LONGEST = 200
"""Of a name that a sentence repeats, in characters."""

NOT_CHOSEN = "Not chosen: this run was asked for other models."


class WrongChoice(AssayError):
    """The form names a model that the zone does not have."""


def choices(plan: Graph) -> dict[str, str]:
    """What a run may be limited to: every model, snapshot and seed that a task is about, and the group of its tasks."""
    return {name: task.id.split(".")[0] for task in plan.tasks.values() for name in task.covers}


def not_chosen(plan: Graph, zone: str, models: Sequence[str], *, loads: bool = False) -> list[str]:
    """The tasks that a run of these models can skip before any of them could start; none when no model is named.
    `loads`: the run loads its sources, too.

    Gateways stay, and so do tests over several models of which one was chosen, and views and ephemeral models that show
    what was chosen, or loaded. What precedes or follows a chosen task
    within its layer stays too and skips itself when its turn comes: were it skipped at once, the task would not wait
    for what is before it, and the gateway not for the task. Raises WrongChoice with a sentence for each name that is
    none.
    """
    check_models(choices(plan), zone, models)
    if not models:
        return []
    chosen = (*models, LOADED) if loads else models
    commands = [task for task in plan.tasks.values() if task.command]
    needed = {task.id for task in commands if is_chosen((*task.covers, *task.shows), chosen)}
    others = {task.id for task in commands} - needed
    turned = {(after, before) for before, after in plan.edges}
    near = _reached(needed, plan.edges, others) | _reached(needed, turned, others)
    return [task.id for task in commands if task.id in others - near]


def check_models(known: Collection[str], zone: str, names: Sequence[str]) -> None:
    """Raise WrongChoice, with a sentence for each name that is none of the zone's models."""
    if wrong := [name for name in names if name not in known]:
        raise WrongChoice("\n".join(_sentence(name, zone, known) for name in wrong))


def _reached(starts: Collection[str], edges: Collection[tuple[str, str]], through: Collection[str]) -> set[str]:
    """Those of `through` that follow from the starts on ways with nothing else on them."""
    following: dict[str, list[str]] = {}
    for before, after in edges:
        if after in through:
            following.setdefault(before, []).append(after)
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        new = set(following.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def is_chosen(covers: Sequence[str], chosen: Sequence[str]) -> bool:
    """Whether a task that is about these models is part of a run of those that were chosen."""
    return not chosen or not set(chosen).isdisjoint(covers)


def _sentence(name: str, zone: str, known: Collection[str]) -> str:
    name = name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
    near = get_close_matches(name, known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"it has {', '.join(sorted(known)) or 'none'}."
    return f'models: zone {zone} has no model "{name}"; {hint}'
