import pytest

from runner.model.globs import Globs


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("PATH", "PATH", ("PATHS", "path", "")),
        ("LC_*", "LC_ALL", ("LC", "XLC_ALL")),
        ("*_proxy", "no_proxy", ("no_proxy_", "proxy")),
        ("A?C", "ABC", ("AC", "ABCD")),
        ("[AB]*", "Box", ("Cox", "[AB]")),
        ("P*H*", "PxHx", ("Px",)),
        ("*", "", ()),
    ],
)
def test_a_name_matches_as_a_whole(pattern: str, matches: str, others: tuple[str, ...]) -> None:
    globs = Globs(("nothing", pattern))
    assert globs.match(matches)
    assert not any(globs.match(other) for other in others)


def test_case_may_not_matter() -> None:
    globs = Globs(("http_Proxy", "pip_*", "X?[a-c]"), any_case=True)
    assert all(map(globs.match, ("HTTP_PROXY", "http_proxy", "Pip_Index_Url", "xyB")))
    assert not any(map(globs.match, ("HTTP_PROXY_", "PIPS", "xyd")))


def test_no_patterns_match_nothing() -> None:
    assert not Globs(()).match("")
