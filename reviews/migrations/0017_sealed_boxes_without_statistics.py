"""PostgreSQL's statistics are a sample of the rows, kept until the next one: they would hold sealed ballots for ever."""

from django.db import migrations


def leave_out_boxes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE reviews_sealedballot ALTER COLUMN box SET STATISTICS 0")


class Migration(migrations.Migration):
    dependencies = [("reviews", "0016_promises")]

    operations = [migrations.RunPython(leave_out_boxes, migrations.RunPython.noop)]
