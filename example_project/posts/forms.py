from __future__ import annotations

from django import forms

from .models import Notice, Post


class PostForm(forms.ModelForm):
    """Title and text. The author is not a field: nobody writes as somebody else."""

    class Meta:
        model = Post
        fields = ["title", "body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 6})}
        labels = {"body": "Text"}


class NoticeForm(forms.ModelForm):
    """The text. The organization is not a field either."""

    class Meta:
        model = Notice
        fields = ["text"]
        labels = {"text": "A new notice"}
