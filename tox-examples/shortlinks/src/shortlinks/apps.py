from django.apps import AppConfig


class ShortLinks(AppConfig):
    name = "shortlinks"
    default_auto_field = "django.db.models.BigAutoField"
