"""The group of CLERK_ROLE_GROUPS. django_clerk makes no group: what one may do is for a project to say."""

from django.db import migrations


def make_group(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Editors")
    content_type, _ = content_types.get_or_create(app_label="posts", model="post")
    for action in ("view", "change"):
        # Django makes permissions after all migrations, and these here it finds.
        permission, _ = permissions.get_or_create(
            content_type=content_type, codename=f"{action}_post", defaults={"name": f"Can {action} post"}
        )
        group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_group, migrations.RunPython.noop)]
