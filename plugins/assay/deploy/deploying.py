"""Makes a deploy's commit, or the one that takes it back."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from assay import strict_yaml
from assay.dbt_graph import slim_manifest
from assay.dbt_graph.manifest import graph_of
from assay.declared import validated
from assay.deploy import content, manifest
from assay.deploy.content import Files, Images
from assay.deploy.git import Repository
from assay.errors import ConfigurationError
from assay.settings import load
from assay.settings_files import DeployFile
from assay.zones import load_zone, zone_folders

Check = Callable[[Path], list[str]]
"""What is wrong with the zone in a folder, in sentences; nothing when it is right."""

SHOWN = 5


@dataclass(frozen=True)
class Order:
    """A deploy request. With `remote`, the release branch is fetched from there first and pushed back."""

    environment: str
    by: str | None = None
    remote: str | None = None
    dry_run: bool = False

    @property
    def branch(self) -> str:
        return content.branch_of(self.environment)


@dataclass(frozen=True)
class Outcome:
    """`commit` is the branch's newest afterwards; None when nothing is there, or nothing was kept (a dry run)."""

    environment: str
    branch: str
    status: Literal["deployed", "reverted", "nothing", "dry run"]
    commit: str | None
    source: str | None = None
    images: dict[str, str] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    pushed: bool = False


def deploy(
    repository: Repository,
    order: Order,
    images: Images,
    manifest_file: Path,
    check_zone: Check,
    *,
    allow_dirty: bool = False,
    keep_images: bool = False,
) -> Outcome:
    """One commit on the release branch with what is in HEAD, or in the checkout where `allow_dirty`.

    Everything is checked as git-sync would serve it. Raises ConfigurationError and GitError, and then nothing is moved.
    """
    source = _source(repository)
    dirty = repository.changed()
    if dirty and not allow_dirty:
        raise ConfigurationError(
            f"Not committed: {_some(dirty)}. Commit them, or deploy them as they are with --allow-dirty."
        )
    tip = _tip(repository, order)
    path = content.deploy_path(order.environment)
    with _writing(repository, order) as writer:
        before = writer.files(tip) if tip else {}
        files = writer.files(writer.write_working_tree() if dirty else source)
        wanted = content.served(files, order.environment)
        live = _deploy_file(writer, before, path, f"{order.branch}:{path}")
        asked = _deploy_file(writer, wanted, path, path)
        if asked is None:
            raise ConfigurationError(f"{path}: there is no such file; it names the images and their tags.")
        written = content.deploy_file(asked, live, images, source, content.project_of(files))
        wanted[content.MANIFEST] = writer.write(_manifest(writer, files, manifest_file))
        wanted[path] = writer.write(content.as_yaml(written))
        tree = writer.write_tree(wanted)
        with writer.unpacked(tree) as folder:
            dbt_image = _check(folder / "dags", order.environment, check_zone)
        changes = content.changes(before, wanted)
        if live and written.serves_as(live) and changes in ([], [f"changed {path}"]):
            return _finish(repository, order, Outcome(order.environment, order.branch, "nothing", tip, source))
        if not keep_images:
            content.check_image_follows(live, written, dbt_image, order.branch)
        title = f"deploy {order.environment}: {source[:12]}"
        trailers = {"Source-Commit": source} | ({"Source-Changed": _some(dirty)} if dirty else {})
        trailers["Images"] = " ".join(f"{name}={tag}" for name, tag in sorted(written.tags.items()))
        commit = writer.write_commit(tree, tip, _message(writer, order, title, changes, trailers))
    tags = dict(written.tags)
    return _finish(
        repository, order, Outcome(order.environment, order.branch, "deployed", commit, source, tags, changes)
    )


def revert(repository: Repository, order: Order) -> Outcome:
    """One commit that takes back the branch's newest; called again, it brings that back.

    The same as `git revert` of it, without a checkout. Raises ConfigurationError when there is nothing to go back to.
    """
    tip = _tip(repository, order)
    if tip is None:
        raise ConfigurationError(f"There is no branch {order.branch}, so nothing was deployed; `assay deploy` does.")
    before = repository.parent(tip)
    if before is None:
        raise ConfigurationError(f"{order.branch} has one deploy only, so there is nothing to go back to.")
    files = repository.files(before)
    path = content.deploy_path(order.environment)
    restored = _deploy_file(repository, files, path, f"{order.branch}:{path}")
    source = restored.commit if restored else None
    changes = content.changes(repository.files(tip), files)
    title = f"revert {order.environment}: back to {(source or before)[:12]}"
    trailers = {"Reverts": tip} | ({"Source-Commit": source} if source else {})
    with _writing(repository, order) as writer:
        commit = writer.write_commit(writer.tree(before), tip, _message(writer, order, title, changes, trailers))
    tags = dict(restored.tags) if restored else {}
    return _finish(
        repository, order, Outcome(order.environment, order.branch, "reverted", commit, source, tags, changes)
    )


def _source(repository: Repository) -> str:
    source = repository.commit("HEAD")
    if source is None:
        raise ConfigurationError(f"{repository.folder}: has no commit yet, and a deploy says which it came from.")
    return source


def _tip(repository: Repository, order: Order) -> str | None:
    """The commit that the next one follows: the remote's where it is pushed there, and otherwise this repository's."""
    if place := repository.place_of(order.branch):
        raise ConfigurationError(
            f"{order.branch} is checked out in {place}, whose files would not follow; check out another branch there."
        )
    local = repository.commit(f"refs/heads/{order.branch}")
    if order.remote is None:
        return local or repository.commit(f"refs/remotes/origin/{order.branch}")
    there = repository.fetch(order.remote, order.branch)
    if local is None or there is None or repository.is_ancestor(local, there):
        return there or local
    if repository.is_ancestor(there, local):
        return local
    raise ConfigurationError(
        f"{order.branch} here and in {order.remote} have gone different ways: "
        f"remove it here with `git branch -D {order.branch}`, and deploy again from what is live."
    )


def _writing(repository: Repository, order: Order) -> AbstractContextManager[Repository]:
    return repository.rehearsing() if order.dry_run else nullcontext(repository)


def _finish(repository: Repository, order: Order, made: Outcome) -> Outcome:
    """Moves the branch, in the remote first: when that rejects, nothing has happened here either."""
    if order.dry_run:
        return made if made.status == "nothing" else replace(made, status="dry run", commit=None)
    if made.commit is None:
        return made
    if order.remote is not None:
        repository.push(order.remote, order.branch, made.commit)
    local = repository.commit(f"refs/heads/{order.branch}")
    if local != made.commit:
        repository.move(order.branch, made.commit, local, made.status)
    return replace(made, pushed=order.remote is not None)


def _deploy_file(repository: Repository, files: Files, path: str, shown: str) -> DeployFile | None:
    if path not in files:
        return None
    text = repository.content([files[path].id])[files[path].id]
    document = strict_yaml.parse(text, shown)
    document.check()
    return validated(DeployFile, document)


def _manifest(repository: Repository, files: Files, path: Path) -> bytes:
    parsed = manifest.read(path)
    project = {name: blob.id for name, blob in files.items() if name.startswith(content.PROJECT)}
    contents = repository.content(project.values())
    manifest.check_is_of(parsed, {name: contents[blob] for name, blob in project.items()}, path)
    return slim_manifest.text(parsed).encode()


def _check(dags: Path, environment: str, check_zone: Check) -> str:
    """Reads what would be served as Airflow will, and returns the name of the image that dbt runs in."""
    settings = load(dags, environment)
    folders = zone_folders(dags / "zones")
    if wrong := [sentence for folder in folders for sentence in check_zone(folder)]:
        raise ConfigurationError("\n".join(wrong))
    for folder in folders:
        graph_of(load_zone(folder), settings)
    return settings.execution_env.image.repository


def _message(
    repository: Repository, order: Order, title: str, changes: Sequence[str], trailers: Mapping[str, str]
) -> str:
    who = {"Environment": order.environment, "Deployed-By": order.by or repository.identity()}
    return content.message(title, changes, who | dict(trailers))


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more
