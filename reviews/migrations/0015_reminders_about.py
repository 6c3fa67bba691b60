from django.db import migrations, models


def say_what_about(apps, schema_editor):
    Reminder = apps.get_model("reviews", "Reminder")
    Reminder.objects.filter(poll__isnull=False).update(about="poll")
    duty = Reminder.subjects.through.objects.values("reminder_id")
    Reminder.objects.filter(poll=None, pk__in=duty).update(about="duty")


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0014_duty_reports'),
    ]

    operations = [
        migrations.RenameField(
            model_name='reminder',
            old_name='duty_reports',
            new_name='subjects',
        ),
        migrations.AlterField(
            model_name='reminder',
            name='subjects',
            field=models.ManyToManyField(related_name='reminders', to='reviews.subject'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='about',
            field=models.CharField(choices=[('sheets', 'Sheets'), ('poll', 'Poll'), ('duty', 'Duty'), ('self', 'Self')], default='sheets', max_length=10),
            preserve_default=False,
        ),
        migrations.RunPython(say_what_about, migrations.RunPython.noop),
    ]
