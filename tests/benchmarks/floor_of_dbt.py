"""Run by model_pod.py with dbt's Python: import dbt, load the baked manifest, run one model. Prints CPU seconds."""

import gc
import json
import os
import sys
import time
from pathlib import Path

gc.disable()
began = time.process_time()
import dbt.adapters.snowflake  # noqa: E402, F401  # it is part of what a pod imports
from dbt.cli.main import dbtRunner  # noqa: E402
from dbt.contracts.graph.manifest import Manifest  # noqa: E402

imported = time.process_time()
parse = Path(os.environ["DBT_PROJECT_DIR"]) / os.environ["DBT_PARTIAL_PARSE_FILE_PATH"]
manifest = Manifest.from_msgpack(parse.read_bytes())
manifest.build_flat_graph()
loaded = time.process_time()
outcome = dbtRunner(manifest=manifest).invoke(["--quiet", "run", "--select", sys.argv[1]])
ran = time.process_time()
if not outcome.success:
    raise SystemExit(f"dbt run failed: {outcome.exception or outcome.result}")
print(json.dumps({"import": imported - began, "load": loaded - imported, "run": ran - loaded}))
