import pytest
from shortlinks.models import Link
from shortlinks.names import name_of

pytestmark = pytest.mark.django_db


def test_a_link_leads_to_its_address_and_is_counted(client):
    link = Link.objects.create(address="https://example.org/a/long/way")
    for _ in range(2):
        answer = client.get(f"/{name_of(link.pk)}")
        assert answer.status_code == 302
        assert answer.url == link.address
    link.refresh_from_db()
    assert link.followed == 2


@pytest.mark.parametrize("name", ["zzz", "l"])
def test_a_name_that_nobody_gave_is_not_found(client, name):
    assert client.get(f"/{name}").status_code == 404


def test_links_are_shown_by_name():
    link = Link(pk=35, address="https://example.org/")
    assert str(link) == "10: https://example.org/"
