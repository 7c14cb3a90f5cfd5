"""A Kubernetes API for pods, on one machine.

Serves the part of the Kubernetes API that KubernetesPodOperator, the Kubernetes clients and kubectl use for pods, and
runs the pods as isolated processes or podman containers. It depends on nothing else in this repository.
What it does not support it rejects with a sentence; README.md says what that is.
"""
