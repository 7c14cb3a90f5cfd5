"""The kinds of source that a zone may have: the models in the `source.py` of each kind's folder."""

from functools import cache

from assay.extensions import SOURCES, Models, models
from assay.zones.fields import Source


@cache
def sources() -> Models[Source]:
    """Return the kinds that there are. A folder that is wrong stops the zones that name its kind, and no other."""
    return models(SOURCES, Source)
