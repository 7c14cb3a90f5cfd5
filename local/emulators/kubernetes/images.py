"""Images of the process backend: an image is a folder with an `image.json` that says which programs it means.

A reference `registry/assay/dbt:tag` is looked up by its repository name, without registry, tag or digest, so the same
manifest names an image in every environment.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Preload(BaseModel):
    """Modules to import once, and the commands that may then run in a fork: `{"dbt": "dbt.cli.main:cli"}`.

    `script` is a Python file that is run once after the imports: for what a program makes in every process and keeps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    python: Path
    modules: tuple[str, ...]
    script: Path | None = None
    commands: dict[str, str] = Field(default_factory=dict)


class Image(BaseModel):
    """What a container gets from its image. `{tmp}` in a value of `env` becomes the container's private /tmp."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)
    workdir: str = "/"
    entrypoint: tuple[str, ...] | None = None
    user: int = 1000
    preload: Preload | None = None

    def environment(self, tmp: str) -> dict[str, str]:
        return {name: value.replace("{tmp}", tmp) for name, value in self.env.items()}


class ImageError(Exception):
    """The image does not exist or its description is wrong; the sentence says where it was looked for."""


def repository(reference: str) -> str:
    """`localhost:5000/assay/dbt:1.2@sha256:…` → `assay/dbt`; a first part with a dot or a colon is a registry."""
    name = reference.split("@", 1)[0]
    head, _, rest = name.partition("/")
    if rest and ("." in head or ":" in head or head == "localhost"):
        name = rest
    last = name.rsplit("/", 1)[-1]
    return name[: len(name) - len(last)] + last.split(":", 1)[0]


class Images:
    """The folder of images. Descriptions are read each time, so an image that was made since is found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, reference: str) -> Image:
        path = self.folder / repository(reference) / "image.json"
        if self.folder.resolve() not in path.resolve().parents:
            raise ImageError(f'the image reference "{reference}" is not a name')
        try:
            return Image.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise ImageError(f'there is no image for "{reference}": {path} does not exist') from None
        except ValidationError as error:
            first = error.errors()[0]
            raise ImageError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    def preloads(self) -> list[Image]:
        """Every image that asks to be kept warm; those whose description is wrong are left for `find` to report."""
        found = []
        for path in sorted(self.folder.glob("**/image.json")):
            try:
                image = self.find(path.parent.relative_to(self.folder).as_posix())
            except ImageError:
                continue
            if image.preload:
                found.append(image)
        return found
