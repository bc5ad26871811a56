from django.db import models

from shortlinks.names import name_of


class Link(models.Model):
    address = models.URLField(unique=True)
    followed = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"{name_of(self.pk)}: {self.address}"
