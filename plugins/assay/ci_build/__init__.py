"""Review: what a merge request changes in the dbt project is built beside what is live, in schemas that go again.

Only changed models and what follows from them are built; everything else is read where it is deployed. Nobody but the
zone's publisher, who makes the schemas, sees them. Depends on connect and zones.
"""

from assay.ci_build.build import Built, build, changed, drop
from assay.ci_build.state import deployed
from assay.ci_build.where import Review

__all__ = ["Built", "Review", "build", "changed", "deployed", "drop"]
