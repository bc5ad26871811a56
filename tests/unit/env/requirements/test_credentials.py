from runner.env.requirements.credentials import blanked, concealed, has_credentials


def test_credentials_are_hidden_and_told_apart() -> None:
    line = "alpha @ https://{}@example.org/alpha.whl"
    hidden = concealed(line.format("me:hunter2"))
    assert "hunter2" not in hidden
    assert "me:" not in hidden
    assert hidden != concealed(line.format("me:hunter3"))
    assert blanked(hidden) == blanked(concealed(line.format("token"))) == line.format("***")


def test_a_way_to_log_in_is_no_secret() -> None:
    line = "alpha @ git+ssh://git@example.org/alpha"
    assert concealed(line) == line
    assert not has_credentials(line)
    assert has_credentials('url = "https://token@example.org/alpha.whl"')
    assert not has_credentials('url = "https://example.org/a@b.whl"')


def test_a_password_may_hold_what_ends_it() -> None:
    line = "alpha @ https://me:hun@ter2@example.org/alpha@1.whl"
    assert "ter2" not in concealed(line)
    assert blanked(concealed(line)) == "alpha @ https://***@example.org/alpha@1.whl"
