"""`assay dbt`: the dbt project."""

import functools
import json
import tempfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.common import DAGS, ROOT, AsJson, DbtProgram, environment, err, out, sentences, zone_names
from assay.dbt import Dbt
from assay.dbt_graph import slim_manifest
from assay.dbt_graph.graph import graph
from assay.dbt_graph.manifest import read_manifest
from assay.errors import ConfigurationError
from assay.secrets import pod_key
from assay.secrets_manager import SecretsManager
from assay.settings import load
from assay.transform import docs_site
from assay.zones import ServiceRole, ZoneNames

LOOPBACK = "127.0.0.1"

app = typer.Typer(name="dbt", help="The dbt project.", no_args_is_help=True)


@app.command("manifest")
def manifest(
    full: Annotated[
        Path | None, typer.Argument(help="What `dbt parse` has written; without it, dbt parses here.", metavar="[FULL]")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Where to write it; beside the DAGs by default.")] = None,
    program: DbtProgram = Path("dbt"),
    as_json: AsJson = False,
) -> None:
    """Write what the DAGs need of dbt's manifest, once it is proven to give every zone the same tasks."""
    with sentences(), tempfile.TemporaryDirectory(prefix="assay-parse-") as folder:
        full = full or Dbt(program, ROOT / "images" / "dbt", environment()).parse(ROOT / "dbt", Path(folder))
        settings = load(DAGS, environment())
        target = to or settings.manifest
        content = read_manifest(full, settings.dbt.dbt_project_name)
        text = slim_manifest.text(content)
        for zone in zone_names(None):
            if graph(json.loads(text), zone) != graph(content, zone):
                raise ConfigurationError(
                    f"{full}: zone {zone} has other tasks with the slim manifest than with the full one, so nothing "
                    f"is written; please report this, unsupported manifest"
                )
        target.write_text(text)
        sizes = {"full_bytes": full.stat().st_size, "bytes": len(text.encode())}
    if as_json:
        print(json.dumps({"manifest": str(target), **sizes}))
    else:
        out.print(f"{target}: {sizes['bytes']:,} bytes, of dbt's {sizes['full_bytes']:,}")


@app.command("docs")
def docs(
    output: Annotated[Path, typer.Option(help="The folder to write index.html to.")] = ROOT / "build" / "docs",
    serve: Annotated[bool, typer.Option("--serve", help="Serve it on this machine alone, until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to serve on; any free one by default.")] = 0,
    program: DbtProgram = Path("dbt"),
    as_json: AsJson = False,
) -> None:
    """Make dbt's documentation site, with the lineage graph, of all zones as the warehouse has them now."""
    here = environment()
    with sentences():
        connections = {zone: functools.partial(_connection, here, zone) for zone in zone_names(None)}
        dbt = Dbt(program, ROOT / "images" / "dbt", here)
        text, catalog = docs_site.make(dbt, ROOT / "dbt", connections)
    output.mkdir(parents=True, exist_ok=True)
    index = output / "index.html"
    index.write_text(text)
    server = _server(output, port) if serve else None
    url = f"http://{LOOPBACK}:{server.server_port}/" if server else None
    if as_json:
        counts = {kind: len(catalog[kind]) for kind in ("nodes", "sources")}
        print(json.dumps({"site": str(index.resolve()), "tables": counts, "url": url}, indent=2), flush=True)
    else:
        out.print(f"{len(catalog['nodes'])} tables of models and {len(catalog['sources'])} sources: {index}")
    if server:
        err.print(f"Served at {url} until Ctrl-C.")
        with server:
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                err.print("Ended.")


def _connection(here: str, zone: str) -> dict[str, str]:
    """What a dbt pod of the zone is given: its transformer's login."""
    return SecretsManager().read(pod_key(ZoneNames(here, zone).warehouse_secret(ServiceRole.TRANSFORMER)))


def _server(folder: Path, port: int) -> ThreadingHTTPServer:
    handler = functools.partial(_SilentHandler, directory=str(folder))
    try:
        return ThreadingHTTPServer((LOOPBACK, port), handler)
    except OSError as error:
        err.print(f"Port {port} cannot be used ({error.strerror}); leave out --port for any free one.")
        raise typer.Exit(1) from error


class _SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log no request."""
