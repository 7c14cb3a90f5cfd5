# Thin names for what ./assay does: each target is one command, the same that CI, pre-commit and the README use.
# PYTHON names the interpreter where `python3` is not 3.11, 3.12 or 3.13.
PYTHON ?= python3
ASSAY = $(PYTHON) ./assay

.PHONY: help demo test test-fast test-all test-deep deploy-check down lint bench images clean

help:  ## what can be made here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo:  ## the whole platform on this machine, with days of real data in it
	$(ASSAY) demo

test-fast:  ## tests that start no server: the ones to run while developing
	$(ASSAY) test fast

test:  ## test-fast, and what shows that each part and the whole work
	$(ASSAY) test

test-all:  ## test, and all further cases: what CI runs
	$(ASSAY) test all

test-deep:  ## the long tests: services killed in mid-run, every documented command, the images
	$(ASSAY) test deep

deploy-check:  ## images, charts, plans, policies and the pipeline's jobs, as far as a machine without a cloud goes
	$(ASSAY) deploy-check

down:  ## stop the platform
	$(ASSAY) down

lint:  ## style, types, SQL and YAML
	$(ASSAY) lint

bench:  ## what a run costs, into build/bench.json
	$(ASSAY) bench

images:  ## the container images, with docker, podman or buildah
	$(ASSAY) images

clean: down  ## stop the platform and forget its data; environments stay
	$(ASSAY) clean
