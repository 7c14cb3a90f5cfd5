"""Reads provider schemas out of the CDKTF packages, which are generated from the providers and carry all of it.

The JavaScript says each argument's type and whether it is a block (`synthesizeHclAttributes`, `…ToHclTerraform`), and
in comments and getters what the provider computes; the TypeScript says what is required. Everything generated has one
shape, so expressions over the text are enough, and no JavaScript is run.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata

from local.emulators.terraform.schema import Attribute, Block, Nested, Provider, Type

ARGUMENT = re.compile(
    r'(\w+): \{\s*value: [^\n]*\n\s*isBlock: (true|false),\s*type: "(\w+)",\s*storageClassType: "(\w+)",'
)
COMPUTED = re.compile(
    r"// (\w+) - computed: true, optional: false, required: false\n\s*get \w+\(\) \{\n\s*return (?:cdktf\.Fn\.(\w+)\()?"
    r"this\.get(\w+)Attribute\('"
)
COMPUTED_OBJECT = re.compile(
    r'// (\w+) - computed: true, optional: false, required: false\n\s*this\._\w+ = new (\w+)\(this, "\w+"(?:, (\w+))?\)'
)
ONE_AT_MOST = re.compile(r'this\._\w+ = new \w+OutputReference\(this, "(\w+)"')
RESOURCE = re.compile(r'tfResourceType = "(\w+)"')
SIMPLE = {"string": "string", "boolean": "bool", "number": "number"}
GETTERS: Mapping[str, Type] = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
}


class BindingsError(Exception):
    """The package has a shape that this reader does not know."""


def read(package: str, source: str, wanted: Iterable[str]) -> Provider:
    """The schemas of those of the wanted resources and data sources (`aws_vpc`, `data.aws_region`) that exist."""
    short = source.split("/")[1]
    folders = {_folder(name, short): name for name in wanted} | {"provider": ""}
    found = {folders[folder]: _Module(*texts) for folder, texts in _texts(package, folders).items()}
    config = found.pop("").block()
    return Provider(
        source,
        Block({name: each for name, each in config.attributes.items() if name not in ("alias", "id")}, config.blocks),
        {name: _with_id(module.block()) for name, module in found.items() if not name.startswith("data.")},
        {name[5:]: _with_id(module.block()) for name, module in found.items() if name.startswith("data.")},
    )


def _folder(name: str, short: str) -> str:
    """`aws_vpc` is in `vpc`, `data.aws_region` in `data-aws-region`."""
    plain = name.removeprefix("data.")
    folder = plain.removeprefix(f"{short}_").replace("_", "-")
    return f"data-{short}-{folder}" if name.startswith("data.") else folder


def _texts(package: str, folders: Iterable[str]) -> dict[str, tuple[str, str]]:
    """JavaScript and TypeScript of each folder that the package has."""
    archive_path = next((each for each in metadata.files(package) or () if each.suffix == ".tgz"), None)
    if archive_path is None:
        raise BindingsError(f"{package} carries no archive of generated files")
    wanted = {
        f"package/lib/{folder}/index.{ending}": (folder, ending) for folder in folders for ending in ("js", "d.ts")
    }
    texts: dict[tuple[str, str], str] = {}
    with tarfile.open(str(archive_path.locate()), mode="r|gz") as archive:
        for member in archive:
            if member.name in wanted and (content := archive.extractfile(member)):
                texts[wanted[member.name]] = content.read().decode()
    return {folder: (text, texts[folder, "d.ts"]) for (folder, ending), text in texts.items() if ending == "js"}


def _with_id(block: Block) -> Block:
    return Block({**block.attributes, "id": Attribute("string", optional=True, computed=True)}, block.blocks)


@dataclass
class _Module:
    """One generated file: a resource and the classes of its blocks."""

    script: str
    types: str

    def __post_init__(self) -> None:
        self.classes = {
            match[1]: match[0]
            for match in re.finditer(r"^class (\w+) extends .*?^}", self.script, re.MULTILINE | re.DOTALL)
        }

    def block(self) -> Block:
        main = re.search(r"^class (\w+) extends cdktf\.Terraform(?:Resource|DataSource|Provider)", self.script, re.M)
        if not main:
            raise BindingsError("a file without a resource, data source or provider")
        return self._block(main[1], f"{main[1]}Config", self._between(r"synthesizeHclAttributes\(\) \{", r"\n    \}"))

    def _nested(self, name: str) -> Block:
        function = f"{name[0].lower()}{name[1:]}ToHclTerraform"
        body = self._between(rf"function {function}\(struct\) \{{", r"\n\}")
        return self._block(f"{name}OutputReference", name, body)

    def _block(self, class_name: str, interface: str, arguments: str) -> Block:
        text = self.classes.get(class_name, "")
        required = self._required(interface)
        at_most_one = set(ONE_AT_MOST.findall(text))
        attributes: dict[str, Attribute] = {}
        blocks: dict[str, Nested] = {}
        for name, is_block, kind, storage in ARGUMENT.findall(arguments):
            needed = _camel(name) in required
            if is_block == "true":
                nesting = "single" if kind == "struct" else kind
                limits = (0, 0) if nesting == "single" else (int(needed), int(name in at_most_one))
                blocks[name] = Nested(self._nested(storage.removesuffix("List")), nesting, *limits)
            else:
                attributes[name] = Attribute(_argument_type(kind, storage), required=needed, optional=not needed)
        for name, type_ in self._computed(text).items():
            if name not in blocks:
                attributes.setdefault(name, Attribute(type_, computed=True))
        return Block(attributes, blocks)

    def _computed(self, text: str) -> dict[str, Type]:
        found: dict[str, Type] = {}
        for name, wrapper, getter in COMPUTED.findall(text):
            type_ = GETTERS.get(getter, "string")
            found[name] = ["set", type_[1]] if wrapper == "tolist" and isinstance(type_, list) else type_
        for name, class_name, from_set in COMPUTED_OBJECT.findall(text):
            element = re.sub(r"(List|Map|OutputReference)$", "", class_name)
            object_: Type = ["object", self._computed(self.classes.get(f"{element}OutputReference", ""))]
            if class_name.endswith("List"):
                found[name] = ["set" if from_set == "true" else "list", object_]
            else:
                found[name] = ["map", object_] if class_name.endswith("Map") else object_
        return found

    def _required(self, interface: str) -> set[str]:
        body = re.search(rf"^export interface {interface} .*?^}}", self.types, re.MULTILINE | re.DOTALL)
        return set(re.findall(r"^    readonly (\w+): ", body[0], re.MULTILINE)) if body else set()

    def _between(self, start: str, end: str) -> str:
        match = re.search(f"{start}(.*?){end}", self.script, re.DOTALL)
        return match[1] if match else ""


def _argument_type(kind: str, storage: str) -> Type:
    if kind == "simple":
        return SIMPLE.get(storage, "string")
    element = re.match(r"(string|number|boolean)(?:List|Map)$", storage)
    return [kind, SIMPLE[element[1]] if element else "string"]


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
