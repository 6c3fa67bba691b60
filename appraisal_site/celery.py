"""The Celery application: `celery -A appraisal_site worker -Q kaoping`.

Tasks live in `<app>/tasks.py` as `@shared_task` functions and are queued by
`appraisal_site.lib.background.enqueue`, which also runs them where there is no Redis.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")

app = Celery("appraisal_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
