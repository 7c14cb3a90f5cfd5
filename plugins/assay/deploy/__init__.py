"""A deploy: one commit on the environment's release branch, which git-sync serves. Reverting it is the rollback.

`content` and `manifest` say what such a commit holds, from data to data; `git` makes it without touching the checkout.
Depends on settings, zones, contracts and transform's rules.
"""

from assay.deploy.content import Images
from assay.deploy.deploying import Order, Outcome, deploy, revert
from assay.deploy.git import Repository

__all__ = ["Images", "Order", "Outcome", "Repository", "deploy", "revert"]
