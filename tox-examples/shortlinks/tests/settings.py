import os

SECRET_KEY = os.environ["DJANGO_KEY"]
INSTALLED_APPS = ["shortlinks"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["DATABASE_FILE"],
    }
}
ROOT_URLCONF = "shortlinks.urls"
USE_TZ = True
