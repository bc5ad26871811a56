"""How many CPUs this process may use."""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def usable_cpus(root: Path = Path("/")) -> int:
    """Count the CPUs that affinity and the cgroup quota leave us, at least 1; part of a CPU counts as one.

    `root` is where `proc` and `sys` are looked for.
    """
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota(root)
    return cpus if quota is None else max(1, min(cpus, math.ceil(quota)))


def cpu_quota(root: Path) -> float | None:
    """Return the CPUs that the control groups (v1, v2 or both) grant this process; None: no limit."""
    quotas = [quota for group in _groups(root) if (quota := _quota(group)) is not None]
    return min(quotas, default=None)


def _groups(root: Path) -> Iterator[Path]:
    """Yield the folders of our groups and their parents: a parent's limit holds for all below it.

    Inside a container the path may be the host's and not there: then the mount's top is our group.
    """
    mounts = root / "sys/fs/cgroup"
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        _number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            tops = [mounts, mounts / "unified"]
        elif "cpu" in controllers.split(","):
            tops = [mounts / controllers, mounts / "cpu"]
        else:
            continue
        group = PurePosixPath("/", path)
        yield from (top / folder.relative_to("/") for top in tops for folder in (group, *group.parents))


def _quota(group: Path) -> float | None:
    both = (_read(group / "cpu.max") or "").split()
    if not both:
        both = [_read(group / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    try:
        quota, period = (int(number) for number in both)
    except ValueError:
        return None  # "max", or no such files: no limit here
    return quota / period if quota > 0 and period > 0 else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return None
