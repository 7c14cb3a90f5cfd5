"""Errors as the Kubernetes API reports them: a `Status` object with a sentence."""

from typing import Any


class ApiError(Exception):
    """An HTTP status, a Kubernetes reason and a sentence for the person who asked."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message

    def status(self) -> dict[str, Any]:
        kind = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        return {**kind, "message": self.message, "reason": self.reason, "code": self.code}


def not_found(resource: str, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{resource} "{name}" not found')


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def invalid(message: str) -> ApiError:
    return ApiError(422, "Invalid", message)


def conflict(message: str) -> ApiError:
    return ApiError(409, "Conflict", message)
