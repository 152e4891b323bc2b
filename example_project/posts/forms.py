from __future__ import annotations

from django import forms

from .models import Post


class PostForm(forms.ModelForm):
    """Title and text. The author is not a field: nobody writes as somebody else."""

    class Meta:
        model = Post
        fields = ["title", "body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 6})}
        labels = {"body": "Text"}
