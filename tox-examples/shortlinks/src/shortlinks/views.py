from django.db.models import F
from django.http import Http404
from django.shortcuts import redirect

from shortlinks.models import Link
from shortlinks.names import number_of


def follow(request, name):
    try:
        link = Link.objects.get(pk=number_of(name))
    except (ValueError, Link.DoesNotExist):
        raise Http404 from None
    Link.objects.filter(pk=link.pk).update(followed=F("followed") + 1)
    return redirect(link.address)
