"""Slim CI: builds the models that a merge request changes into temporary schemas.

Only changed models and what follows from them are built; everything else is deferred to the deployed ones. The zone's
publisher makes the schemas and alone sees them. Depends on dbt, warehouse and zones.
"""

from assay.ci_build.build import Built, build, changed, drop
from assay.ci_build.state import deployed
from assay.ci_build.where import Review

__all__ = ["Built", "Review", "build", "changed", "deployed", "drop"]
