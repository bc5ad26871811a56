from django.urls import path

from shortlinks.views import follow

urlpatterns = [path("<str:name>", follow)]
