"""One writer a table: a lease with a fencing number, kept beside the table."""

import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from anonspark.domain.sources import TableTarget
from anonspark.errors import RunConflictError
from anonspark.io.lease_store import LeaseStore, lease_store
from anonspark.io.object_store import Storage

log = logging.getLogger(__name__)

Clock = Callable[[], float]
"""Seconds since 1970; the clocks of two machines may differ by a fraction of the time to live."""

TTL_S = 60.0
"""How long a lease outlives its last renewal; a killed run blocks the table on other machines for that long."""

RENEWALS_PER_TTL = 3


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """Who holds a lease until when.

    Attributes:
        fence: Counts the holders of this lease from 1; the highest holds it, however long an older one slept.
        run_id: The run that holds it.
        expires_at: Seconds since 1970; 0 once given back.
        process: Host, process-id namespace and process id of the holder.
    """

    fence: int
    run_id: str
    expires_at: float
    process: str


class Lease:
    """The right to write one table, until it is given back or lost."""

    def __init__(self, store: LeaseStore | None, record: LeaseRecord, target: str, ttl_s: float, clock: Clock) -> None:
        self.store = store
        self.record = record
        self.target = target
        self.ttl_s = ttl_s
        self.clock = clock
        self.changing = threading.Lock()

    @property
    def fence(self) -> int:
        """The fencing number; 0 where the lease guards nothing."""
        return self.record.fence

    def check(self) -> None:
        """Make sure, right before a commit, that no other run took the table over.

        Raises:
            RunConflictError: The lease ran out or another run holds it.
        """
        if self.store is None:
            return
        if max(self.store.fences(), default=0) != self.fence or self.record.expires_at <= self.clock():
            raise RunConflictError(
                f"Run {self.record.run_id} lost its lease of {self.target}, as it was not renewed for {self.ttl_s:g} s "
                "(was the machine asleep?); nothing was published. Run it again."
            )

    def renew(self) -> None:
        """Hold the lease for another time to live; a lease that a higher number replaced is not renewed."""
        self.hold_until(self.clock() + self.ttl_s)

    def give_back(self) -> None:
        """Let the next writer in; the number stays, so that the next one is higher."""
        self.hold_until(0.0)

    def hold_until(self, expires_at: float) -> None:
        """Write a new end of the lease, if it is still the newest."""
        if self.store is None:
            return
        with self.changing:
            if self.record.expires_at == 0.0 or max(self.store.fences(), default=0) != self.fence:
                return
            renewed = LeaseRecord(self.fence, self.record.run_id, expires_at, self.record.process)
            self.store.rewrite(self.fence, encode(renewed))
            self.record = renewed


@contextmanager
def lease(storage: Storage | None, target: str, run_id: str, clock: Clock, ttl_s: float = TTL_S) -> Iterator[Lease]:
    """Be the only writer of a table; a thread renews the lease until the block ends.

    Args:
        storage: Where the lease lies, see `lease_uri`; None where only Spark reaches the storage.
        target: What messages call the table.
        run_id: The run that wants to write.
        clock: Seconds since 1970.
        ttl_s: How long the lease outlives its last renewal.

    Raises:
        RunConflictError: Another run holds the lease.
        EnvironmentProblem: boto3 is missing.
    """
    held = acquire(lease_store(storage, target), target, run_id, clock, ttl_s)
    over = threading.Event()
    heart = threading.Thread(target=keep_renewing, args=(held, over), name=f"lease of {run_id}", daemon=True)
    heart.start()
    try:
        yield held
    finally:
        over.set()
        heart.join()
        held.give_back()


def acquire(store: LeaseStore | None, target: str, run_id: str, clock: Clock, ttl_s: float) -> Lease:
    """Take the next fencing number if the newest holder gave its lease back, let it run out or died."""
    process = this_process()
    if store is None:
        return Lease(None, LeaseRecord(0, run_id, 0.0, process), target, ttl_s, clock)
    fences = store.fences()
    newest = max(fences, default=0)
    holder = decode(store.read(newest)) if newest else None
    if holder and is_alive(holder, clock()):
        raise taken(target, holder.run_id)
    record = LeaseRecord(newest + 1, run_id, clock() + ttl_s, process)
    if not store.create(record.fence, encode(record)):
        raise taken(target, None)
    for fence in fences:
        store.delete(fence)
    return Lease(store, record, target, ttl_s, clock)


def lease_holder(storage: Storage | None, target: str, clock: Clock) -> str | None:
    """The run that holds the lease and is alive; None if the table is free or nobody can tell."""
    store = lease_store(storage, target)
    newest = max(store.fences(), default=0) if store else 0
    holder = decode(store.read(newest)) if store and newest else None
    return holder.run_id if holder and is_alive(holder, clock()) else None


def lease_uri(target: TableTarget, metadata_uri: str) -> str:
    """Where the lease of a target lies: beside it, or with the metadata for a table of the catalog.

    >>> lease_uri(TableTarget(uri="s3a://lake/out/adult"), "s3a://lake/meta")
    's3a://lake/out/_anonspark/leases/adult'
    >>> lease_uri(TableTarget(table="main.people.adult"), "s3a://lake/meta")
    's3a://lake/meta/leases/main.people.adult'
    """
    if target.uri is None:
        return f"{metadata_uri.rstrip('/')}/leases/{quote(target.name, safe='')}"
    folder, _, name = target.uri.rstrip("/").rpartition("/")
    return f"{folder or '.'}/_anonspark/leases/{quote(name, safe='')}"


def run_lease_uri(run_id: str, metadata_uri: str) -> str:
    """Where the lease of a run lies that writes no table.

    >>> run_lease_uri("2026/01", "s3a://lake/meta")
    's3a://lake/meta/run_leases/2026%2F01'
    """
    return f"{metadata_uri.rstrip('/')}/run_leases/{quote(run_id, safe='')}"


def keep_renewing(held: Lease, over: threading.Event) -> None:
    """Renew a lease several times in each time to live, until it is over."""
    while not over.wait(held.ttl_s / RENEWALS_PER_TTL):
        try:
            held.renew()
        except Exception as error:  # noqa: BLE001  the next renewal may work; if none does, `check` stops the commit
            log.warning("run %s could not renew its lease: %s", held.record.run_id, type(error).__name__)


def is_alive(holder: LeaseRecord, now: float) -> bool:
    """Whether a holder may still write: its lease has not run out, and its process is not known to be dead."""
    return holder.expires_at > now and not is_dead(holder.process)


def is_dead(process: str) -> bool:
    """Whether a process of this machine has ended; False for any other machine, of which nothing is known.

    A killed run so frees its table at once and not after the time to live.
    """
    machine, _, number = process.rpartition("/")
    if machine != this_process().rpartition("/")[0]:
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def this_process() -> str:
    """Host, process-id namespace and process id: containers of one host each count their processes from 1."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = "pid"
    return f"{socket.gethostname()}/{namespace}/{os.getpid()}"


def taken(target: str, run_id: str | None) -> RunConflictError:
    """Another run writes the table."""
    who = f"Run {run_id}" if run_id else "Another run"
    return RunConflictError(f"{who} is writing {target}; start again when it has ended.", field="output")


def encode(record: LeaseRecord) -> bytes:
    """A record as it is stored."""
    return json.dumps(asdict(record)).encode()


def decode(body: bytes | None) -> LeaseRecord | None:
    """A record as it was stored; None for one that is gone or just being written, whose writer `check` then stops."""
    return None if not body else LeaseRecord(**json.loads(body))
