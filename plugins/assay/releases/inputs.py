"""What a release was built from: approved loads, live releases of zones it reads, code, and each gold model's digest.

It is kept with the release. A run that finds the same again has nothing new to build.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Inputs:
    """`loads` has each source's last approved load that changed rows, `reads` each other zone's live release.

    `complete`: one run built everything that gold is made of. A run that was limited to some models did not.
    `models` has the digest of each gold model when its table was built.
    """

    code: str
    loads: Mapping[str, str]
    reads: Mapping[str, str]
    complete: bool = False
    models: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def of_text(cls, text: str | None) -> "Inputs | None":
        """None for a release that was made before inputs were kept."""
        return cls(**json.loads(text)) if text else None
