"""The CPUs that may be used are those of the affinity mask, less what the control groups forbid."""

import os
import sys
from pathlib import Path

import pytest

from runner.process import usable_cpus
from runner.process.cpus import cpu_quota


def machine(root: Path, groups: str, files: dict[str, str]) -> Path:
    for name, text in {"proc/self/cgroup": groups, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("groups", "files", "quota"),
    [
        ("0::/\n", {}, None),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5),
        ("0::/job/step\n", {"sys/fs/cgroup/job/cpu.max": "300000 100000\n"}, 3.0),
        (
            "0::/job/step\n",
            {"sys/fs/cgroup/job/cpu.max": "300000 100000", "sys/fs/cgroup/job/step/cpu.max": "50000 100000"},
            0.5,
        ),
        ("0::/job\n", {"sys/fs/cgroup/unified/job/cpu.max": "200000 100000\n"}, 2.0),
        (
            "4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n",
            {
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "400000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            4.0,
        ),
        (
            "3:cpuset:/\n2:cpu:/a\n",
            {
                "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        ("nonsense\n0::/\n", {"sys/fs/cgroup/cpu.max": "a b c\n"}, None),
    ],
)
def test_the_tightest_quota_on_the_way_up_counts(
    tmp_path: Path, groups: str, files: dict[str, str], quota: float | None
) -> None:
    assert cpu_quota(machine(tmp_path, groups, files)) == quota


def test_half_a_cpu_is_one(tmp_path: Path) -> None:
    assert usable_cpus(machine(tmp_path, "0::/\n", {"sys/fs/cgroup/cpu.max": "50000 100000"})) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="others have no affinity mask")
def test_a_machine_without_control_groups_gives_what_the_affinity_mask_holds(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    assert usable_cpus(tmp_path) == len(before)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cpus(tmp_path) == 1
    finally:
        os.sched_setaffinity(0, before)


def test_a_quota_above_the_machine_changes_nothing(tmp_path: Path) -> None:
    root = machine(tmp_path, "0::/\n", {"sys/fs/cgroup/cpu.max": "99900000 100000"})
    assert usable_cpus(root) == usable_cpus(tmp_path / "none")
