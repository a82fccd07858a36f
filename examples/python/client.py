"""A client of Huishang: a connection, and the people who call over it.

It adds to the generated stubs what every call needs: the token, a command id, a second try where one
is safe, and errors that can be told apart by their reason.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from huishang.deliberation.v1.deliberation_service_pb2_grpc import DeliberationServiceStub
from huishang.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from huishang.ledger.v1.ledger_service_pb2_grpc import LedgerServiceStub
from huishang.resolution.v1.resolution_service_pb2_grpc import ResolutionServiceStub
from huishang.scheduling.v1.scheduling_service_pb2_grpc import SchedulingServiceStub

# Longer than a query waits for `at_least_position`.
TIMEOUT_SECONDS = 20.0
# Between the tries, where the server does not say how long to wait.
PAUSES_SECONDS = (0.1, 0.3, 1.0, 3.0)
# Whether a command was carried out is not known. Tried again with the same id, it is carried out once.
UNKNOWN_OUTCOME = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
}
# Not now, for a reason that passes.
PASSING_REASONS = {"CONCURRENT_CHANGES", "TOO_MANY_REQUESTS", "RATE_EXCEEDED"}


@dataclass(eq=False)
class HuishangError(Exception):
    """A call that failed or was refused. Decide by `code` and `reason`; the message is for people."""

    code: grpc.StatusCode
    message: str
    # One of `enum Reason` in the package `domain`, without the prefix REASON_.
    reason: str = ""
    domain: str = ""
    # The figures of the reason; its option in the proto names the keys.
    metadata: dict[str, str] = field(default_factory=dict)
    # Of a request that cannot be read: each faulty field, and what is wrong with it.
    violations: dict[str, str] = field(default_factory=dict)
    # How long the server wants to be left alone; 0 when it does not say.
    retry_after_seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason}".rstrip() + f": {self.message}"

    @property
    def may_try_again(self) -> bool:
        """Whether the same request, with the same command id, may succeed in a moment."""
        return self.code in UNKNOWN_OUTCOME or self.reason in PASSING_REASONS

    @classmethod
    def of(cls, call: grpc.Call) -> Self:
        """Reads the error details of a call that has failed."""
        error = cls(code=call.code(), message=call.details() or "")
        status = rpc_status.from_call(call)
        for detail in status.details if status else ():
            info = error_details_pb2.ErrorInfo()
            request = error_details_pb2.BadRequest()
            retry = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                error.reason, error.domain, error.metadata = info.reason, info.domain, dict(info.metadata)
            elif detail.Unpack(request):
                error.violations = {fault.field: fault.description for fault in request.field_violations}
            elif detail.Unpack(retry):
                error.retry_after_seconds = retry.retry_delay.ToTimedelta().total_seconds()
        return error


class Client:
    """A connection to an installation."""

    def __init__(self, server: str) -> None:
        # There is no TLS yet; a proxy in front of the server has it.
        self._channel = grpc.insecure_channel(server.removeprefix("http://"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def act_as(self, role: str, department_code: str | None = None) -> Person:
        """Somebody with a role, who speaks for a department or for none."""
        return Person(self._channel, obtain_token(role, department_code))


class Person:
    """Somebody who calls: the services, with this person's token in every call."""

    def __init__(self, channel: grpc.Channel, token: str) -> None:
        channel = grpc.intercept_channel(channel, _Caller(token))
        self.directory = DirectoryServiceStub(channel)
        self.scheduling = SchedulingServiceStub(channel)
        self.deliberation = DeliberationServiceStub(channel)
        self.resolution = ResolutionServiceStub(channel)
        self.ledger = LedgerServiceStub(channel)


def obtain_token(role: str, department_code: str | None) -> str:
    """A token from the command in TOKEN_COMMAND, which asks whoever issues tokens.

    It gets `--role ROLE` and, where there is one, `--department CODE`, and prints the token. By default it
    is `huishang token`, which signs with the development key of an installation on this machine.
    """
    command = shlex.split(os.environ.get("TOKEN_COMMAND", "huishang token"))
    command += ["--role", role]
    if department_code is not None:
        command += ["--department", department_code]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class _CallDetails(NamedTuple):
    method: str
    timeout: float | None
    metadata: Sequence[tuple[str, str]] | None
    credentials: grpc.CallCredentials | None = None
    wait_for_ready: bool | None = None
    compression: grpc.Compression | None = None


class _Caller(grpc.UnaryUnaryClientInterceptor):
    """What happens to every call on its way."""

    def __init__(self, token: str) -> None:
        self._metadata = [("authorization", f"Bearer {token}")]

    def intercept_unary_unary(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.ClientCallDetails,
        request: Any,
    ) -> Any:
        details = _CallDetails(client_call_details.method, TIMEOUT_SECONDS, self._metadata)
        request = with_command_id(request)
        pauses = iter(PAUSES_SECONDS)
        while True:
            call = continuation(details, request)
            if call.code() is grpc.StatusCode.OK:
                return call
            error = HuishangError.of(call)
            pause = next(pauses, None)
            if pause is None or not error.may_try_again:
                raise error
            time.sleep(error.retry_after_seconds or pause)


def with_command_id(request: Any) -> Any:
    """The request with a command id of its own, if it is a command without one.

    It is chosen before the first try and stays the same in all of them. A program that may end before it
    has the answer chooses the id itself, and keeps it with whatever it works on.
    """
    if "command_id" not in request.DESCRIPTOR.fields_by_name or request.command_id:
        return request
    command = type(request)()
    command.CopyFrom(request)
    command.command_id = str(uuid.uuid4())
    return command
