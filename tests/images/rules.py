"""What every Dockerfile of ours holds to, beyond what hadolint knows: functions from its text to sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LABELS = ("title", "description", "licenses", "version", "revision")
PINNED = re.compile(r"^\S+/\S+:(?!latest)[\w.-]+@sha256:[0-9a-f]{64}$")
SECRET = re.compile(r"PASS|SECRET|TOKEN|PRIVATE|CREDENTIAL|(?<!_)KEY", re.IGNORECASE)


@dataclass(frozen=True)
class Instruction:
    word: str
    rest: str
    stage: int


def instructions(text: str) -> list[Instruction]:
    """One for each instruction, continued lines joined, comments gone; stage 0 is what precedes the first FROM."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    found: list[Instruction] = []
    stage = 0
    for line in kept.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            stage += word.upper() == "FROM"
            found.append(Instruction(word.upper(), " ".join(rest.split()), stage))
    return found


def faults(text: str) -> list[str]:
    """Every rule that the Dockerfile breaks, as a sentence."""
    found = instructions(text)
    last = [each for each in found if each.stage == max(one.stage for one in found)]
    return [*_bases(found), *_user(last), *_sources(found), *_packages(found), *_secrets(found), *_shipped(last)]


def _bases(found: list[Instruction]) -> Iterator[str]:
    defaults = dict(each.rest.split("=", 1) for each in found if each.word == "ARG" and each.stage == 0)
    stages: set[str] = set()
    for each in found:
        if each.word != "FROM":
            continue
        image, _, name = each.rest.partition(" AS ")
        image = re.sub(r"^\$\{(\w+)\}$", lambda match: defaults.get(match[1], ""), image)
        if image not in stages and not PINNED.match(image):
            yield f"the base “{image or each.rest}” is not pinned by tag and digest"
        stages.add(name)
    if len(stages) < 2:
        yield "there is one stage only, so what builds would ship"


def _user(last: list[Instruction]) -> Iterator[str]:
    users = [each.rest for each in last if each.word == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*:\d+", users[-1]):
        yield f"the user is {users[-1] if users else 'root'}, and not a number that Kubernetes can tell from root"


def _sources(found: list[Instruction]) -> Iterator[str]:
    for each in found:
        if each.word == "ADD":
            yield f"ADD {each.rest}: fetches and unpacks unasked; COPY what is in the checkout"
        if each.word == "COPY" and each.rest.split()[0] in (".", "./"):
            yield "COPY . takes whatever lies about"
        if each.word == "RUN" and re.search(r"\b(curl|wget|git clone)\b", each.rest):
            yield "RUN fetches something that no hash is known of"


def _packages(found: list[Instruction]) -> Iterator[str]:
    for each in found:
        for command in re.findall(r"\binstall --no-deps[^&]*|\bpip[^&]* install [^&]*", each.rest):
            for option in ("--require-hashes", "--no-deps", ".lock", "--compile"):
                if option not in command:
                    yield f"pip installs without {option}"
        if each.word == "RUN" and re.search(r"\bapt(-get)? install\b", each.rest):
            yield "apt installs what no lock names"


def _secrets(found: list[Instruction]) -> Iterator[str]:
    for each in found:
        if each.word in ("ENV", "ARG"):
            for name in re.findall(r"(\w+)(?==|$)", re.sub(r'"[^"]*"', "", each.rest)):
                if SECRET.search(name):
                    yield f"{each.word} {name} would keep a secret in the image"


def _shipped(last: list[Instruction]) -> Iterator[str]:
    words = " ".join(each.rest for each in last if each.word == "LABEL")
    for label in LABELS:
        if f"org.opencontainers.image.{label}=" not in words:
            yield f"the label {label} is missing"
    if not any(each.word == "HEALTHCHECK" for each in last):
        yield "HEALTHCHECK says neither how to ask nor that there is nothing to ask"
