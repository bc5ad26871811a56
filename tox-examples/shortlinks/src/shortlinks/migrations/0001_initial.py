from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("address", models.URLField(unique=True)),
                ("followed", models.PositiveIntegerField(default=0)),
            ],
        ),
    ]
