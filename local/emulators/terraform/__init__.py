"""Terraform without a cloud: providers that know every argument and touch nothing.

`bindings` reads the real providers' schemas out of the CDKTF packages, `newer.yml` adds the types that are younger than
those, `provider` serves them to Terraform over its own plugin protocol. Nothing is asked of a registry or an account:
`terraform validate`, `test`, `plan` and `apply` run, and what they refuse is what the real schemas refuse.

Runs in the `delivery` environment and depends on nothing else here.
"""
