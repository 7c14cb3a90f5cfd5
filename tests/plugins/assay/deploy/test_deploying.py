"""What a deploy's commit holds, what it refuses, and how it is taken back."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from assay.deploy import Images, Repository
from assay.deploy.content import project_of
from assay.deploy.git import GitError
from assay.errors import AssayError, ConfigurationError
from tests.plugins.assay.deploy.conftest import Team

WEATHER = "dags/zones/weather/zone.yml"
DAILY, EARLIER = 'schedule: "0 5 * * *"', 'schedule: "0 4 * * *"'


def test_the_commit_holds_what_git_sync_serves_and_nothing_else(team: Team) -> None:
    source = team.git("rev-parse", "HEAD")
    made = team.deploy(images=Images("1.4.0"))
    served = set(team.git("ls-tree", "-r", "--name-only", "release/dev").splitlines())
    assert {"dags/flights.py", WEATHER, "dags/config/base/k8s.yml", "dags/manifest.json"} <= served
    assert all(path.startswith("dags/") for path in served)
    assert {path.split("/")[2] for path in served if path.startswith("dags/config/")} == {"base", "dev"}
    assert yaml.safe_load(team.served("dags/config/dev/deploy.yml")) == {
        "commit": source,
        "project": project_of(Repository(team.root).files(source)),
        "registry": "111111111111.dkr.ecr.eu-central-1.amazonaws.com",
        "tags": {"assay/dbt": "1.4.0", "assay/loader": "1.4.0"},
    }
    assert made.status == "deployed"
    assert made.commit == team.git("rev-parse", "release/dev")


def test_the_commit_says_who_deployed_what_from_where(team: Team) -> None:
    source = team.git("rev-parse", "HEAD")
    team.deploy(images=Images(named={"assay/dbt": "7"}))
    trailers = team.git("log", "-1", "--format=%(trailers:only,unfold)", "release/dev").splitlines()
    assert trailers == [
        "Environment: dev",
        "Deployed-By: Ada <ada@example.com>",
        f"Source-Commit: {source}",
        "Images: assay/dbt=7 assay/loader=0.1.0",
    ]
    team.deploy(images=Images("8"), by="grace@example.com")
    assert team.git("log", "-1", "--format=%(trailers:key=Deployed-By,valueonly)", "release/dev") == "grace@example.com"


def test_the_same_inputs_give_the_same_tree_whenever_dbt_parsed(team: Team, tmp_path: Path) -> None:
    team.deploy(images=Images("1"))
    first = team.tree()
    shutil.copytree(team.root, tmp_path / "elsewhere")
    other = Team(tmp_path / "elsewhere", tmp_path / "other.json")
    other.git("branch", "--quiet", "-D", "release/dev")
    other.parse(when="2031-01-01T00:00:00Z")
    other.deploy(images=Images("1"))
    assert other.tree() == first


def test_nothing_to_deploy_makes_no_commit_although_the_source_moved_on(team: Team) -> None:
    commit = team.deploy().commit
    (team.root / "README.md").write_text("for people")
    (team.root / "dags" / "README.md").write_text("for people")
    team.edit("dags/config/prod/k8s.yml", "1Gi", "2Gi")
    team.commit()
    again = team.deploy()
    assert (again.status, again.commit, again.changes) == ("nothing", commit, [])
    assert team.git("rev-list", "--count", "release/dev") == "1"


def test_images_that_are_not_named_stay_as_they_are_live(team: Team) -> None:
    team.deploy(images=Images("5"))
    team.edit(WEATHER, DAILY, EARLIER)
    team.commit()
    assert team.deploy(images=Images(named={"assay/loader": "6"})).images == {"assay/dbt": "5", "assay/loader": "6"}


def test_checkout_index_and_branch_are_not_touched(team: Team) -> None:
    (team.root / "notes.txt").write_text("staged")
    team.git("add", "notes.txt")
    team.edit(WEATHER, DAILY, EARLIER)
    before = team.git("status", "--porcelain=v2", "--branch"), team.git("diff", "--cached")
    team.deploy(allow_dirty=True)
    assert (team.git("status", "--porcelain=v2", "--branch"), team.git("diff", "--cached")) == before
    assert EARLIER in team.served(WEATHER)
    assert f"Source-Changed: {WEATHER}, notes.txt" in team.git("log", "-1", "--format=%B", "release/dev")


def test_a_dry_run_shows_all_and_leaves_nothing(team: Team) -> None:
    objects = team.git("count-objects", "-v")
    made = team.deploy(images=Images("9"), dry_run=True)
    assert (made.status, made.commit) == ("dry run", None)
    assert f"added {WEATHER}" in made.changes
    assert team.git("count-objects", "-v") == objects
    assert team.git("branch", "--list", "release/*") == ""


# --- refusals --------------------------------------------------------------------------------------------------------


def test_what_is_not_committed_is_named_and_refused(team: Team) -> None:
    team.edit(WEATHER, DAILY, EARLIER)
    (team.root / "dags" / "zones" / "new").mkdir()
    (team.root / "dags" / "zones" / "new" / "zone.yml").write_text("zone: new")
    with pytest.raises(ConfigurationError, match=rf"Not committed: dags/zones/new/zone.yml, {WEATHER}"):
        team.deploy()


@pytest.mark.parametrize(
    ("path", "before", "after", "sentence"),
    [
        (WEATHER, "kind: files", "kind: fyles", "zones/weather/zone.yml:10: sources[0] has the kind"),
        ("dags/zones/weather/contracts/weather.odcs.yaml", "physicalType:", "physicalTipe:", "weather.odcs.yaml"),
        ("dags/config/dev/k8s.yml", "resources:", "resource:", "config/dev/k8s.yml:1: resource is not a key"),
        ("dags/config/dev/deploy.yml", "tags:", "tag:", "dags/config/dev/deploy.yml:"),
    ],
)
def test_what_airflow_could_not_read_is_not_deployed(
    team: Team, path: str, before: str, after: str, sentence: str
) -> None:
    team.edit(path, before, after)
    team.commit()
    with pytest.raises(ConfigurationError) as caught:
        team.deploy()
    assert sentence in str(caught.value)
    assert team.git("branch", "--list", "release/*") == ""


def test_a_model_that_the_gateways_refuse_is_not_deployed(team: Team) -> None:
    team.write_model("weather/platinum/readings2.sql", "select 2")
    team.commit()
    with pytest.raises(ConfigurationError, match="platinum"):
        team.deploy()


def test_a_manifest_of_another_commit_is_refused(team: Team) -> None:
    model = team.root / "dbt" / "models" / "weather" / "bronze" / "readings.sql"
    model.write_text("select 2 as reading")
    team.commit()
    with pytest.raises(ConfigurationError, match=r"was made from another dbt/models/weather/bronze/readings.sql"):
        team.deploy()
    model.unlink()
    team.commit()
    with pytest.raises(ConfigurationError, match=r"knows dbt/models/weather/bronze/readings.sql, which is not in this"):
        team.deploy()
    team.parse()
    model.with_name("more.sql").write_text("select 3")
    team.commit()
    with pytest.raises(ConfigurationError, match=r"does not know dbt/models/weather/bronze/more.sql"):
        team.deploy()
    team.manifest.unlink()
    with pytest.raises(ConfigurationError, match="there is no manifest"):
        team.deploy()


def test_changed_models_are_not_deployed_onto_the_image_that_lacks_them(team: Team) -> None:
    team.deploy(images=Images("1"))
    team.write_model("weather/bronze/readings.sql", "select 3")
    team.commit()
    with pytest.raises(ConfigurationError, match='assay/dbt stays at "1"'):
        team.deploy()
    assert team.deploy(keep_images=True, dry_run=True).status == "dry run"
    assert team.deploy(images=Images("2")).status == "deployed"


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (Images("latest"), 'The tag "latest" moves'),
        (Images("a b"), '"a b" is no tag'),
        (Images(named={"assay/dbd": "1"}), 'There is no image "assay/dbd" to tag: deploy.yml has assay/dbt'),
    ],
)
def test_tags_that_no_image_can_have_are_refused(team: Team, images: Images, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        team.deploy(images=images)


def test_an_environment_that_does_not_exist_is_refused(team: Team) -> None:
    with pytest.raises(ConfigurationError, match='There is no environment "staging": dags/config has dev, local, prod'):
        team.deploy("staging")


def test_a_release_branch_that_is_checked_out_is_left_alone(team: Team, tmp_path: Path) -> None:
    team.deploy()
    team.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "release/dev")
    with pytest.raises(ConfigurationError, match="release/dev is checked out in"):
        team.deploy(images=Images("2"))


# --- the way back ---------------------------------------------------------------------------------------------------


def test_a_revert_serves_what_was_served_before_and_says_so(team: Team) -> None:
    source = team.git("rev-parse", "HEAD")
    team.deploy(images=Images("1"))
    first = team.tree()
    team.edit(WEATHER, DAILY, EARLIER)
    team.commit()
    newest = team.deploy(images=Images("2")).commit
    made = team.revert()
    assert team.tree() == first
    assert (made.status, made.source, made.images["assay/dbt"]) == ("reverted", source, "1")
    assert f"Reverts: {newest}" in team.git("log", "-1", "--format=%B", "release/dev")
    assert team.git("rev-list", "--count", "release/dev") == "3"
    team.revert()
    assert EARLIER in team.served(WEATHER)


def test_gits_own_revert_is_the_same_rollback(team: Team, tmp_path: Path) -> None:
    team.deploy(images=Images("1"))
    team.edit(WEATHER, DAILY, EARLIER)
    team.commit()
    team.deploy(images=Images("2"))
    team.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "release/dev")
    team.git("-C", str(tmp_path / "tree"), "revert", "--no-edit", "HEAD")
    team.git("worktree", "remove", str(tmp_path / "tree"))
    by_git = team.tree()
    team.git("update-ref", "refs/heads/release/dev", "release/dev^")
    team.revert()
    assert team.tree() == by_git


def test_there_is_nothing_to_go_back_to_before_the_second_deploy(team: Team) -> None:
    with pytest.raises(ConfigurationError, match="There is no branch release/dev"):
        team.revert()
    team.deploy()
    with pytest.raises(ConfigurationError, match="has one deploy only"):
        team.revert()


# --- the remote -----------------------------------------------------------------------------------------------------


def test_a_pushed_deploy_follows_what_is_live_there_without_a_branch_here(team: Team, remote: Path) -> None:
    team.deploy(images=Images("1"), remote="origin")
    team.git("branch", "--quiet", "-D", "release/dev")  # as in a pipeline's fresh clone
    made = team.deploy(images=Images("2"), remote="origin")
    assert made.pushed
    log = subprocess.run(["git", "log", "--format=%H", "release/dev"], cwd=remote, capture_output=True, text=True)
    assert log.stdout.splitlines()[0] == made.commit
    assert len(log.stdout.splitlines()) == 2
    assert team.deploy(remote="origin").status == "nothing"
    assert team.revert(remote="origin").images == {"assay/dbt": "1", "assay/loader": "1"}


def test_a_deploy_that_lost_a_race_changes_nothing(team: Team, remote: Path) -> None:
    """The remote refuses it, as it refuses whoever pushes second."""
    live = team.deploy(remote="origin").commit
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho somebody was faster >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitError, match="somebody was faster"):
        team.deploy(images=Images("2"), remote="origin")
    assert team.git("rev-parse", "release/dev") == live


def test_branches_that_went_different_ways_are_not_mixed(team: Team, remote: Path) -> None:
    team.deploy(remote="origin", images=Images("1"))
    first = team.git("rev-parse", "release/dev")
    team.deploy(images=Images("2"))
    team.git("push", "--quiet", "origin", "release/dev")
    team.git("update-ref", "refs/heads/release/dev", first)
    team.deploy(images=Images("3"))
    with pytest.raises(AssayError, match="have gone different ways"):
        team.deploy(images=Images("4"), remote="origin")


def test_what_is_served_is_read_by_the_platform(team: Team, tmp_path: Path) -> None:
    """The release branch as git-sync has it on its disk."""
    from assay.settings import load

    team.deploy("local")
    team.git("worktree", "add", "--quiet", str(tmp_path / "served"), "release/local")
    settings = load(tmp_path / "served" / "dags", "local")
    assert settings.commit == team.git("rev-parse", "HEAD")
    assert settings.image("assay/dbt") == "assay/dbt:local"
    assert json.loads(settings.manifest.read_text())["metadata"]["project_name"] == "assay"
