"""The application: every route behind the check of the token."""

from aiohttp import web

from local.emulators.kubernetes import discovery, routes_exec, routes_objects, routes_pods
from local.emulators.kubernetes.app import API, Api, authenticated, errors_as_status


def application(api: Api, token: str) -> web.Application:
    """Return the Kubernetes API over `api`, for callers that carry the token."""
    app = web.Application(middlewares=[errors_as_status, authenticated(token)], client_max_size=4 << 20)
    app[API] = api
    for routes in (discovery.routes, routes_objects.routes, routes_pods.routes, routes_exec.routes):
        app.add_routes(routes)
    return app
